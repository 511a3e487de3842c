package main

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/transport/frame"
)

// What a guest may send. The page knows the same limits, to say so before the server must.
const (
	maxName = 24   // characters
	maxText = 2000 // characters
)

// What a guest is told. 3000 to 3999 are the application's own codes.
var (
	errName   = router.Errorf(3001, "a name has 1 to %d visible characters", maxName)
	errRoomID = router.Errorf(3002, "a room's name has 1 to 32 letters a to z, digits and hyphens")
	errText   = router.Errorf(3003, "a message has 1 to %d characters, and none that controls the text", maxText)
	errMark   = router.Errorf(3004, "a message needs an id of 1 to 64 letters, digits, '-' and '_'")
	errAway   = router.Errorf(3005, "join the room before you speak in it")
	errFull   = router.Errorf(3006, "the room is full")
	errRooms  = router.Errorf(3007, "there are too many rooms already")
	errHaste  = router.Errorf(frame.RateLimited, "not so fast")
	errCrowd  = router.Errorf(frame.RateLimited, "the chat is full") // the client comes back by itself, but not at once
)

// roomID is also the pattern of the topics "room:{id}" and "here:{id}".
const roomID = `[a-z0-9][a-z0-9\-]{0,31}`

var (
	isRoomID = regexp.MustCompile(`^` + roomID + `$`).MatchString
	isMark   = regexp.MustCompile(`^[A-Za-z0-9_\-]{1,64}$`).MatchString
)

// cleanName trims a name. What cannot be seen, or turns the text around it, is not allowed.
func cleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || !clean(name) || !strings.ContainsFunc(name, unicode.IsGraphic) {
		return "", errName
	}
	return name, nil
}

// cleanText trims a message. Lines and tabs are allowed.
func cleanText(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if n := utf8.RuneCountInString(text); n < 1 || n > maxText || !clean(strings.NewReplacer("\n", "", "\t", "").Replace(text)) {
		return "", errText
	}
	return text, nil
}

func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

// bucket is a token bucket: so many at once, then one at a time. The zero time is a full bucket.
type bucket struct {
	burst int
	every time.Duration
	spent time.Time // the time up to which tokens are spent: in the past there are some left, in the future none
}

// wait takes a token, and says how long to wait until it is there.
func (b *bucket) wait(now time.Time) time.Duration {
	if full := now.Add(-time.Duration(b.burst) * b.every); b.spent.Before(full) {
		b.spent = full
	}
	b.spent = b.spent.Add(b.every)
	return max(0, b.spent.Sub(now))
}

// take takes a token if there is one.
func (b *bucket) take(now time.Time) bool {
	if b.wait(now) == 0 {
		return true
	}
	b.spent = b.spent.Add(-b.every)
	return false
}
