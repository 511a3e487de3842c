package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// guest is a session, in a room or in none.
type guest struct {
	Person
	room  *room
	words bucket
	moves bucket
}

// room is a room that is listed. Its messages are in the topic "room:<id>".
type room struct {
	id     string
	stays  bool // it is listed although nobody is there
	guests []*guest
	here   Here
	empty  time.Time // since when; the topics forget at the same pace
	recent map[string]bool
	order  []string // the keys of recent, oldest first
}

// enter moves a guest into a room, which is opened if there is none, or gives them another name. c.mu is held.
func (c *chat) enter(g *guest, id, name string) error {
	r, err := c.open(id)
	if err != nil {
		return err
	}
	if g.room != r {
		if len(r.guests) >= maxPeople {
			return errFull
		}
		c.depart(g)
		g.room, r.guests = r, append(r.guests, g)
		g.Name = name
		c.changed(r)
		c.tellRooms()
	} else if g.Name != name {
		g.Name = name
		c.changed(r)
	}
	return nil
}

// depart takes a guest out of the room, if they are in one. c.mu is held.
func (c *chat) depart(g *guest) {
	r := g.room
	if r == nil {
		return
	}
	g.room = nil
	r.guests = slices.DeleteFunc(r.guests, func(other *guest) bool { return other == g })
	r.empty = time.Now()
	c.changed(r)
	c.tellRooms()
}

// open returns a room. When there are too many, those that are forgotten make place. c.mu is held.
func (c *chat) open(id string) (*room, error) {
	if r := c.rooms[id]; r != nil {
		return r, nil
	}
	if len(c.rooms) >= maxRooms {
		for id, r := range c.rooms {
			if !r.stays && len(r.guests) == 0 && time.Since(r.empty) > keep {
				delete(c.rooms, id)
			}
		}
	}
	if len(c.rooms) >= maxRooms {
		return nil, errRooms
	}
	r := &room{id: id, empty: time.Now()}
	c.rooms[id] = r
	return r, nil
}

// changed notes who is in a room now, and tells everybody who looks at it. c.mu is held.
func (c *chat) changed(r *room) {
	c.version++
	r.here = Here{Version: c.version, People: []Person{}}
	for _, g := range r.guests {
		r.here.People = append(r.here.People, g.Person)
	}
	c.tell("here:"+r.id, "here", r.here)
}

// tellRooms tells everybody which rooms there are. c.mu is held.
func (c *chat) tellRooms() {
	c.version++
	c.tell("rooms", "rooms", c.listed())
}

func (c *chat) tell(topic, name string, v any) {
	if err := c.rt.Topic(topic).Publish(context.Background(), name, v); err != nil {
		slog.Error("chat: not published", "topic", topic, "err", err)
	}
}

// listed is which rooms there are, by name. c.mu is held.
func (c *chat) listed() Rooms {
	out := Rooms{Version: c.version, Rooms: []Room{}}
	for id, r := range c.rooms {
		out.Rooms = append(out.Rooms, Room{ID: id, People: len(r.guests)})
	}
	slices.SortFunc(out.Rooms, func(a, b Room) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// remember notes the id of a message.
func (r *room) remember(id string) {
	if r.recent == nil {
		r.recent = map[string]bool{}
	}
	if len(r.order) == memory {
		delete(r.recent, r.order[0])
		r.order = r.order[1:]
	}
	r.recent[id] = true
	r.order = append(r.order, id)
}
