package differential

import (
	"slices"
	"strings"
)

// shrinker drops steps of a script while the difference stays.
type shrinker struct {
	peer *peer
	sort string // of the difference
}

// shrink returns what is left of a difference's script when nothing more can go.
func shrink(program *program, d *Difference) (*Difference, error) {
	p, err := program.start()
	if err != nil {
		return nil, err
	}
	s := &shrinker{p, d.sort()}
	least, err := s.steps(d)
	if err == nil {
		least, err = s.config(least)
	}
	p.end()
	if ended := p.wait(); err == nil {
		err = ended
	}
	return least, err
}

// sort is what kind of line differs first. Dropping steps must not make another difference of this one.
func (d *Difference) sort() string {
	ours, theirs := strings.Split(d.Go, "\t"), strings.Split(d.TypeScript, "\t")
	for i := range min(len(ours), len(theirs)) {
		if ours[i] != theirs[i] {
			return kindOf(ours[i]) + "|" + kindOf(theirs[i])
		}
	}
	if len(ours) > len(theirs) {
		return kindOf(ours[len(theirs)]) + "|"
	}
	return "|" + kindOf(theirs[len(ours)])
}

// kindOf is the sign and the verb of a line.
func kindOf(line string) string {
	if strings.HasPrefix(line, "< {") {
		f := parseFrame(line[2:])
		return f.Type + " " + f.Kind
	}
	return word(line, 0) + " " + word(line, 1)
}

// steps drops more and more narrow ranges of steps, until no single one can go. The first one says the time and stays.
func (s *shrinker) steps(least *Difference) (*Difference, error) {
	for size := len(least.Script.Steps) / 2; size > 0; {
		shorter := false
		for i := 1; i+size < len(least.Script.Steps); {
			candidate := *least.Script
			candidate.Steps = slices.Delete(slices.Clone(candidate.Steps), i, i+size)
			found, err := s.differs(&candidate)
			if err != nil {
				return least, err
			}
			if found == nil {
				i += size
				continue
			}
			least, shorter = found, true
		}
		if !shorter || size > 1 {
			size /= 2
		}
	}
	return least, nil
}

// config drops what need not differ from the defaults.
func (s *shrinker) config(least *Difference) (*Difference, error) {
	for override := range strings.FieldsSeq(least.Script.Config) {
		candidate := *least.Script
		candidate.Config = strings.Join(slices.DeleteFunc(strings.Fields(candidate.Config), func(o string) bool {
			return o == override
		}), " ")
		found, err := s.differs(&candidate)
		if err != nil {
			return least, err
		}
		if found != nil {
			least = found
		}
	}
	return least, nil
}

// differs plays a script at both and returns the first difference if it is of the same sort, else nil.
func (s *shrinker) differs(script *Script) (*Difference, error) {
	p := newPlayer(script.Name, script.Role, script.Config)
	for _, step := range script.Steps {
		p.play(step.text)
	}
	written := make(chan struct{})
	go s.write(&p.Script, written)
	var first *Difference
	for i, step := range p.Steps {
		if step.text[0] != '>' {
			continue
		}
		line, err := s.peer.read()
		if err != nil {
			return nil, err
		}
		if line != step.outcome && first == nil {
			first = &Difference{Script: p.until(i), Go: step.outcome, TypeScript: line}
		}
	}
	<-written
	if first == nil || first.sort() != s.sort {
		return nil, nil
	}
	return first, nil
}

func (s *shrinker) write(script *Script, written chan<- struct{}) {
	defer close(written)
	s.peer.write(script)
	s.peer.flush()
}
