package router

import (
	"context"
	"errors"
	"fmt"

	"github.com/weft-realtime/weft/session"
	"github.com/weft-realtime/weft/transport/frame"
)

// Topic is a named log that sessions follow.
type Topic struct {
	router *Router
	name   string
}

// Topic returns the topic of a name. It exists while somebody follows it or its history holds something.
func (rt *Router) Topic(name string) Topic { return Topic{rt, name} }

// Publish appends a publication, which every session that follows the topic receives, and new ones as history. It never
// waits for them: who falls behind the history gets a gap. What is published before an event is sent to a session
// arrives before it. v is encoded as JSON, or as it is when it is a []byte.
func (t Topic) Publish(ctx context.Context, name string, v any) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	p, err := Encode(v)
	if err != nil {
		return err
	}
	if _, err = t.router.registry.Publish(t.name, name, p); err != nil {
		return fmt.Errorf("weft: publish to topic %q: %w", t.name, err)
	}
	return nil
}

type subscribeHandler struct {
	pattern
	authorise func(*Context) error
}

// OnSubscribe registers who may follow the topics that a pattern matches, like "room:{id}"; c.Param gives the values.
// nil allows, and an error refuses: an *Error as it is, any other as 4403. A parameter matches anything but ':' and '/',
// or the regular expression behind its name, "room:{id:[0-9]+}"; a '*' at the end matches the rest. Of the patterns that
// match, the one registered first decides. Topics that none matches cannot be followed.
//
// It runs again, in a new session, when a client that has lost its session recovers its subscriptions: before anything
// that the application does in that session. So it decides by the identity, or by what OnConnect knows, and not by what
// a call of the session before has left.
func (rt *Router) OnSubscribe(topics string, h func(c *Context) error) {
	for _, s := range rt.topics {
		if s.text == topics {
			panic(fmt.Sprintf("weft: topic pattern %q is registered twice", topics))
		}
	}
	rt.topics = append(rt.topics, subscribeHandler{compile(topics), h})
}

// subscription is the payload of weft.subscribe and of its reply (PROTOCOL 10.2).
type subscription struct {
	Topic   string  `json:"topic"`
	Epoch   *uint64 `json:"epoch,omitempty"`
	Offset  *uint64 `json:"offset,omitempty"`
	History uint64  `json:"history,omitempty"`
}

// subscribe serves weft.subscribe (PROTOCOL 10.2, 10.3, 10.6).
func (rt *Router) subscribe(c *Context, p session.Payload) (session.Payload, error) {
	in, err := decode[subscription](p)
	if err != nil {
		return session.Payload{}, err
	}
	if !frame.ValidName(in.Topic) {
		return session.Payload{}, errPayload
	}
	if err := rt.authorise(c, in.Topic); err != nil {
		return session.Payload{}, err
	}
	from := session.From{History: in.History}
	if in.Epoch != nil && in.Offset != nil {
		from = session.From{Resume: true, Epoch: *in.Epoch, Offset: *in.Offset}
	}
	epoch, offset, err := c.session.Subscribe(in.Topic, from)
	if err != nil {
		return session.Payload{}, err
	}
	return Encode(subscription{Topic: in.Topic, Epoch: &epoch, Offset: &offset})
}

func (rt *Router) unsubscribe(c *Context, p session.Payload) (session.Payload, error) {
	in, err := decode[subscription](p)
	if err != nil {
		return session.Payload{}, err
	}
	c.session.Unsubscribe(in.Topic)
	return session.Payload{}, nil
}

var errTopic = &Error{Code: frame.Forbidden, Message: "topic is not open to you"}

// authorise asks the first pattern that matches.
func (rt *Router) authorise(c *Context, topic string) error {
	c.name = topic
	for _, s := range rt.topics {
		params, ok := s.match(topic)
		if !ok {
			continue
		}
		c.params = params
		if s.authorise == nil {
			return nil
		}
		err := s.authorise(c)
		if err == nil {
			return nil
		}
		if _, expected := errors.AsType[*Error](err); expected {
			return err
		}
		rt.failed(c, err)
		return errTopic
	}
	return errTopic
}
