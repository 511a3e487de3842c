package router

import (
	"fmt"
	"regexp"
	"strings"
)

// pattern matches topic names, in the way of chi's routes.
type pattern struct {
	text   string
	expr   *regexp.Regexp
	params []string
}

// compile panics when text is not a pattern.
func compile(text string) pattern {
	p := pattern{text: text}
	expr := "^"
	for rest := text; rest != ""; {
		open := strings.IndexAny(rest, "{}*")
		if open < 0 {
			expr += regexp.QuoteMeta(rest)
			break
		}
		expr += regexp.QuoteMeta(rest[:open])
		if rest[open] == '*' {
			if open != len(rest)-1 {
				p.bad("'*' stands before the end")
			}
			expr += "(.*)"
			p.add("*")
			break
		}
		size := closing(rest[open:])
		if size < 0 {
			p.bad("braces do not match")
		}
		name, sub, found := strings.Cut(rest[open+1:open+size-1], ":")
		if !found {
			sub = "[^:/]+"
		}
		expr += "(" + sub + ")"
		p.add(name)
		rest = rest[open+size:]
	}
	var err error
	if p.expr, err = regexp.Compile(expr + "$"); err != nil {
		p.bad(err.Error())
	}
	if p.expr.NumSubexp() != len(p.params) {
		p.bad("groups in a parameter's expression must be (?:...)")
	}
	return p
}

// closing returns the length of the braces that s begins with, or -1.
func closing(s string) int {
	depth := 0
	for i, c := range s {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth <= 0 {
			if c == '}' && i > 0 {
				return i + 1
			}
			return -1
		}
	}
	return -1
}

func (p *pattern) add(name string) {
	if name == "" {
		p.bad("a parameter has no name")
	}
	for _, other := range p.params {
		if other == name {
			p.bad("parameter " + name + " stands twice")
		}
	}
	p.params = append(p.params, name)
}

func (p *pattern) bad(why string) {
	panic(fmt.Sprintf("weft: topic pattern %q: %s", p.text, why))
}

// match returns the parameters of a topic that the pattern matches.
func (p *pattern) match(topic string) (map[string]string, bool) {
	groups := p.expr.FindStringSubmatch(topic)
	if groups == nil {
		return nil, false
	}
	params := make(map[string]string, len(p.params))
	for i, name := range p.params {
		params[name] = groups[i+1]
	}
	return params, true
}
