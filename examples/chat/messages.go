package main

import (
	"time"

	"github.com/weft-realtime/weft/transport/frame"
)

// The messages. The page's side of them is in web/chat.js.
type (
	// Say is an event, for events keep their order. The page chooses ID, and keeps it when it sends a message again
	// after a session was lost.
	Say struct {
		Room string `json:"room"`
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	// Said is what is published of it in "room:<id>".
	Said struct {
		ID   string    `json:"id"`
		By   int       `json:"by"`
		Name string    `json:"name"`
		Text string    `json:"text"`
		At   time.Time `json:"at"`
	}
	// Refused is the event that answers a Say that breaks the rules, for the sender of an event learns only that it was
	// handled.
	Refused struct {
		ID      string     `json:"id"`
		Code    frame.Code `json:"code"`
		Message string     `json:"message"`
	}
	// Join is a call. It moves the guest, or gives them another name.
	Join struct {
		Room string `json:"room"`
		Name string `json:"name"`
	}
	// Joined is its reply.
	Joined struct {
		Room string `json:"room"`
		You  Person `json:"you"`
		Here Here   `json:"here"`
	}
	// Here is who is in a room: in the reply to a Join, and published in "here:<id>" whenever it changes. Of two, the one
	// with the higher version counts: a reply may overtake publications.
	Here struct {
		Version int      `json:"version"`
		People  []Person `json:"people"`
	}
	// Person is a guest in a room. Names need not be unique; the ID is.
	Person struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	// Rooms is which rooms there are: the reply to the call "rooms", and published in "rooms" whenever it changes.
	Rooms struct {
		Version int    `json:"version"`
		Rooms   []Room `json:"rooms"`
	}
	// Room is a room and how many are in it.
	Room struct {
		ID     string `json:"id"`
		People int    `json:"people"`
	}
	// None is no payload.
	None struct{}
)
