package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/weft-realtime/weft/router"
	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport"
	"github.com/weft-realtime/weft/transport/frame"
	"github.com/weft-realtime/weft/transport/longpoll"
	"github.com/weft-realtime/weft/transport/sse"
	"github.com/weft-realtime/weft/transport/websocket"
	"github.com/weft-realtime/weft/transport/webtransport"
)

// The bounds of what the program keeps. Together with the topics' history they bound its memory.
const (
	maxGuests = 1000          // sessions
	maxRooms  = 32            // each has two topics
	maxPeople = 100           // in one room
	memory    = 1000          // publications of a topic, and messages of a room that are recognised when sent again
	keep      = 2 * time.Hour // how long a topic remembers, and an empty room is listed
)

// chat is the program: who is connected, which rooms there are, who is in them.
type chat struct {
	rt *router.Router
	wt *webtransport.Transport // offered while a webtransport.Server serves it

	// mu guards what follows, guests and rooms included. It is held while something is published, for that never waits:
	// so what a topic holds stands in the order in which it became true.
	mu      sync.Mutex
	guests  map[frame.SID]*guest
	rooms   map[string]*room
	version int // of the last Here or Rooms
	lastID  int // of a Person
	// successor is where everybody goes on when this one ends, unless it is "": the URL of another chat's /rt.
	successor string
}

// newChat returns a chat that pages of these origins may use beside its own.
func newChat(origins ...string) *chat {
	c := &chat{wt: webtransport.New(), guests: map[frame.SID]*guest{}, rooms: map[string]*room{}}
	for _, id := range []string{"lobby", "loom", "tea-room"} {
		c.rooms[id] = &room{id: id, stays: true}
	}
	c.rt = router.New(router.Config{
		Session: session.Config{
			History:   session.History{Publications: memory, Bytes: 1 << 20, Age: keep},
			Successor: c.goOnAt,
		},
		Origins: origins,
		Transports: []transport.Transport{
			c.wt, websocket.New(websocket.Config{}), sse.New(sse.Config{}), longpoll.New(longpoll.Config{}),
		},
	})
	c.rt.OnConnect(c.connected)
	c.rt.OnDisconnect(c.disconnected)
	router.On(c.rt, "say", c.say)
	router.Handle(c.rt, "join", c.join)
	router.Handle(c.rt, "leave", c.leave)
	router.Handle(c.rt, "rooms", c.list)
	// Reading is open to all, joined or not: a client follows its topics again in a new session before the page can join.
	c.rt.OnSubscribe("room:{id:"+roomID+"}", nil)
	c.rt.OnSubscribe("here:{id:"+roomID+"}", nil)
	c.rt.OnSubscribe("rooms", nil)
	return c
}

// goOnAt is the successor.
func (c *chat) goOnAt() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.successor
}

// leaveTo names the successor. Pages that were loaded before may not connect to it.
func (c *chat) leaveTo(successor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.successor = successor
}

func (c *chat) connected(ctx *router.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.guests) >= maxGuests {
		return errCrowd
	}
	c.lastID++
	c.guests[ctx.Session().ID()] = &guest{
		Person: Person{ID: c.lastID},
		words:  bucket{burst: 150, every: time.Second / 30},
		moves:  bucket{burst: 10, every: time.Second},
	}
	return nil
}

// disconnected runs when a session has ended. One that was merely cut is still here.
func (c *chat) disconnected(ctx *router.Context, _ *router.CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := ctx.Session().ID()
	if g := c.guests[id]; g != nil {
		c.depart(g)
		delete(c.guests, id)
	}
}

func (c *chat) join(ctx *router.Context, in Join) (out Joined, err error) {
	name, err := cleanName(in.Name)
	if err != nil {
		return out, err
	}
	if !isRoomID(in.Room) {
		return out, errRoomID
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.guests[ctx.Session().ID()]
	if g == nil {
		return out, session.ErrClosed
	}
	if !g.moves.take(time.Now()) {
		return out, errHaste
	}
	if err := c.enter(g, in.Room, name); err != nil {
		return out, err
	}
	return Joined{Room: in.Room, You: g.Person, Here: g.room.here}, nil
}

func (c *chat) leave(ctx *router.Context, _ None) (None, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.guests[ctx.Session().ID()]; g != nil {
		c.depart(g)
	}
	return None{}, nil
}

func (c *chat) list(*router.Context, None) (Rooms, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listed(), nil
}

// say publishes a message, or tells its sender why not.
func (c *chat) say(ctx *router.Context, in Say) error {
	err := c.publish(ctx, in)
	if e, ok := errors.AsType[*router.Error](err); ok {
		return ctx.Send("refused", Refused{ID: in.ID, Code: e.Code, Message: e.Message})
	}
	return err
}

func (c *chat) publish(ctx *router.Context, in Say) error {
	text, err := cleanText(in.Text)
	if err != nil {
		return err
	}
	if !isMark(in.ID) {
		return errMark
	}
	if err := c.slow(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.guests[ctx.Session().ID()]
	if g == nil || g.room == nil || g.room.id != in.Room {
		return errAway
	}
	if g.room.recent[in.ID] {
		return nil // sent again by a page that could not know that it had arrived
	}
	said := Said{ID: in.ID, By: g.ID, Name: g.Name, Text: text, At: time.Now().UTC()}
	if err := c.rt.Topic("room:"+in.Room).Publish(ctx, "said", said); err != nil {
		return err
	}
	g.room.remember(in.ID)
	return nil
}

// slow holds up a guest who talks too fast. Nothing is refused: the session's window fills, and its client waits.
func (c *chat) slow(ctx *router.Context) error {
	c.mu.Lock()
	var pause time.Duration
	if g := c.guests[ctx.Session().ID()]; g != nil {
		pause = g.words.wait(time.Now())
	}
	c.mu.Unlock()
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
