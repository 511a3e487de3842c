// The session protocol as a pure state machine: (state, now, event) -> (state, effects).
//
// There is no clock, timer, socket or random number in it. An End is one end of a session; Client and Server add what
// differs between the two. Whoever drives an end gives it the time with every event, takes the effects from the array
// it passed in, and asks for batches to write (batch) when there is something to write (pending).
//
// internal/core is the same machine in Go, with the same nouns. Both walk the vectors in conformance/vectors/core.
// Clauses are those of conformance/PROTOCOL.md.

import { BAD_PROTOCOL, classOf } from "../frame/code.js";
import { checkMessage } from "../frame/check.js";
import {
  ACK, ATTACH, CLOSE, type Close, DATA, type Encoding, type Frame, HELLO, PING, PONG, type Positions, READY, RESET,
  VOLATILE,
} from "../frame/frame.js";
import { CANCEL, EMPTY, type Message, REQUEST } from "../frame/message.js";
import type { Writer } from "../frame/writer.js";
import { Batch, content, writeBatch } from "./batch.js";
import { Closing, receiveFinal } from "./closing.js";
import { Item } from "./item.js";
import { Liveness } from "./liveness.js";
import { ask, consume, receiveData, Receiver, tell } from "./receive.js";
import { fits, receiveAck, SendError, Sender, type Unconfirmed } from "./send.js";
import { receiveVolatile, sendVolatile, Volatile } from "./volatile.js";

/** A point in time in milliseconds; Infinity is never. Only differences matter. */
export type Time = number;

/**
 * Names a connection to the core: 0 is none, and each later connection gets a greater one. Unlike att it is never on
 * the wire, so it also tells apart two connections that both said HELLO.
 */
export type Binding = number;

/** Limits counted messages, and bytes of them. */
export interface Window {
  messages: number;
  bytes: number;
}

/** What both ends are told at their start: CLIENT_DEFAULTS or SERVER_DEFAULTS, and what differs from them. */
export interface Config {
  /** Server: what it will have outstanding. Client: until READY says more (PROTOCOL 5.6). */
  send: Window;
  /** Server: what it grants. Client: until READY says what the server will send. */
  receive: Window;
  /** The bound of the queue in front of the window (PROTOCOL 5.9). */
  queue: Window;
  /** Bytes of the longest body a frame may have. */
  maxFrame: number;
  /** Requests of the peer that may run at once (PROTOCOL 5.8). */
  slots: number;
  /** Keys whose latest value may wait outside the sequence (PROTOCOL 17.3). */
  volatile: number;
  /** Keys of the peer's values that are remembered (PROTOCOL 17.5). */
  keys: number;
  /** Bytes after which a batch takes no further frame. */
  batch: number;
  /** Patience after a PING. */
  pong: Time;
  /** How long a poll is held. */
  hold: Time;
}

/** Something that the caller must do. */
export type Effect =
  /** Start the message, in order; then say consumed(seq). */
  | { kind: "deliver"; seq: number; message: Message }
  /** An exempt message takes effect now. */
  | { kind: "resolve"; seq: number; message: Message }
  /** The peer has consumed the item, which is counted and had a tag. */
  | { kind: "confirmed"; seq: number; item: Item }
  /** The item is longer than the server takes, and was dropped from the queue. */
  | { kind: "refused"; item: Item; code: number }
  /** Client: the binding is the current attachment now; close the others. */
  | { kind: "attached"; binding: Binding }
  /** Give the connection of the binding up. */
  | { kind: "dead"; binding: Binding; code: number; reason: string }
  /** Client: the path may be dead; dial beside it. */
  | { kind: "suspect"; binding: Binding }
  /** The message is the latest value of a key; it is outside the sequence, and seq is its own number. */
  | { kind: "volatile"; seq: number; key: string; message: Message }
  /** Client: open the next session at url, at a random moment within so many milliseconds. */
  | { kind: "move"; within: number; url: string };

/** How a session ended. */
export interface Over {
  code: number;
  reason: string;
  /** The peer said so. */
  remote: boolean;
}

/** One end of a session. */
export class End {
  /** How the session ended; undefined while it lives. */
  over: Over | undefined;
  /** The connection whose frames count, or 0 when detached. */
  current: Binding = 0;
  /** The number of the current or last attachment. */
  att = 0;
  /** The longest body, in bytes, that a frame may have. */
  maxFrame: number;

  /** @internal */
  readonly cfg: Config;
  /** @internal */
  readonly sender: Sender;
  /** @internal */
  readonly receiver: Receiver;
  /** @internal */
  readonly live = new Liveness();
  /** @internal */
  readonly closing = new Closing();
  /** @internal */
  readonly volatile = new Volatile();
  /** The last binding given out. */
  protected bindings: Binding = 0;

  constructor(cfg: Config) {
    this.cfg = cfg;
    this.maxFrame = cfg.maxFrame;
    this.sender = new Sender(cfg.send);
    this.receiver = new Receiver(cfg.receive);
  }

  /** The smoothed round trip, or 0 when it was not measured yet. */
  get rtt(): Time {
    return this.live.srtt;
  }

  /** How far this end is with the peer's messages. */
  get progress(): Positions {
    return { rcv: this.receiver.rcv, ack: this.receiver.ack };
  }

  /** Grows with every message of the sequence that comes through, either way, and with word of one. */
  get through(): number {
    return this.receiver.rcv + this.sender.peerRcv + this.sender.peerAck;
  }

  /**
   * Queues a message. A request needs its id from nextId. Throws a SendError, or a FrameError for the message. One that is
   * not bounded passes a full queue (PROTOCOL 5.9).
   */
  send(item: Item, bounded = true): void {
    if (this.over || this.closing.over) {
      throw new SendError("closed");
    }
    checkMessage(item.message, this.maxFrame);
    const { messages, bytes } = this.sender.queue.direct;
    // One always fits an empty queue.
    if (bounded && item.counted && messages && !fits(messages, bytes + item.size, this.cfg.queue)) {
      throw new SendError("full");
    }
    this.sender.push(item);
  }

  /**
   * Queues an event as the latest value of a key: it takes the place of one that was not written yet. Throws a SendError
   * while there is no connection and while the session is closing or over, and a FrameError for the message or the key
   * (PROTOCOL 17.1, 17.3).
   */
  sendVolatile(key: string, item: Item): void {
    sendVolatile(this, key, item);
  }

  /** Gives out the id of a request (PROTOCOL 3.3). */
  nextId(): number {
    return ++this.sender.requests;
  }

  /**
   * Takes a request back. If it has no number yet it is removed and returned; else a cancel message is queued
   * (PROTOCOL 5.3).
   */
  cancel(id: number): Item | undefined {
    const { sender } = this;
    if (id > sender.lastRequest) {
      return sender.queue.remove(({ message }) => message.kind === REQUEST && message.id === id);
    }
    if (!this.over && !this.closing.over) {
      sender.push(new Item({ kind: CANCEL, codec: 0, id, payload: EMPTY }));
    }
    return undefined;
  }

  /** What this end was asked to send and the peer is not known to have consumed: events and requests, in order. */
  unconfirmed(): Unconfirmed {
    return this.sender.unconfirmed();
  }

  /**
   * Takes one frame that arrived on a binding. post says that it came in a POST, where a gap is no offence, or in the
   * answer to one. False: the rest of the batch is not to be looked at, since the attachment is stale or has ended.
   */
  receive(now: Time, b: Binding, f: Frame, post: boolean, out: Effect[]): boolean {
    if (b !== this.current || !b || this.over) {
      return false; // PROTOCOL 6.1
    }
    if (!post) { // the answer to a POST says nothing of the polls or the stream beside it (PROTOCOL 13.3)
      this.live.hear(now);
    }
    switch (f.type) {
      case DATA:
        return receiveData(this, now, f, post, out);
      case PING:
        this.live.pong = f.nonce;
        ask(this.receiver);
        break;
      case PONG:
        this.live.answered(now, f.nonce);
        break;
      case ACK:
        break;
      case VOLATILE:
        return receiveVolatile(this, f, out);
      case CLOSE:
        return this.#receiveClose(now, f, out);
      case HELLO:
      case ATTACH:
      case READY:
      case RESET:
        return this.fail(BAD_PROTOCOL, "opening frame in mid-stream", out); // PROTOCOL 2.13
      default:
        return true; // PAD, AUTH, extensions (PROTOCOL 15); GOAWAY, which is a server's word
    }
    return receiveAck(this, now, f.rcv, f.ack, out);
  }

  /** Takes CLOSE on the current binding (PROTOCOL 9.3, 9.4). */
  #receiveClose(now: Time, { code, reason, final }: Close, out: Effect[]): boolean {
    const over = { code, reason, remote: true };
    if (final !== undefined) {
      return receiveFinal(this, over, final, out);
    }
    this.dead(this.current, code, reason, out);
    const what = classOf(code);
    if (what === "final" || what === "lost") {
      this.end(over);
    } else {
      this.detach(now);
    }
    return false;
  }

  /** Says that the peer answered without a frame: an empty poll. */
  heard(now: Time, b: Binding): void {
    if (b === this.current && b) {
      this.live.hear(now);
    }
  }

  /**
   * Whether a request may start (PROTOCOL 5.8). Starting it is start, and then consumed. On the way out no reply can be
   * sent any more, so that no slot would ever be free again: requests need none.
   */
  canStart(): boolean {
    const { receiver, sender, cfg } = this;
    return !!this.closing.over || (receiver.slots < cfg.slots && sender.unreceived <= sender.window.bytes);
  }

  /** Asks the peer for its word when a request waits and canStart says no: its replies may have arrived. */
  starved(): void {
    this.live.ping ||= this.live.pingAt === Infinity && this.sender.unreceived > 0;
  }

  /** Occupies a slot until the peer has received the reply. */
  start(): void {
    if (!this.closing.over) {
      this.receiver.slots++;
    }
  }

  /** Says that the application is done with a message: an event's handler has returned, a request has started. */
  consumed(seq: number): void {
    consume(this, seq, false);
  }

  /** What was received and consumed, for the URL of a poll or the answer of a POST; it counts as told (PROTOCOL 7.5). */
  answer(): Positions {
    return tell(this);
  }

  /** Whether batch would write something on the current binding. */
  pending(): boolean {
    return content(this) || (!!this.current && !this.over && this.receiver.due);
  }

  /**
   * Appends what is to be written on a binding now, as one batch of at most about Config.batch bytes, and gives numbers
   * to what is new in it. It appends nothing when the binding is stale or nothing is pending; it may leave more pending.
   */
  batch(now: Time, b: Binding, enc: Encoding, out: Writer): void {
    if (b === this.current && this.pending()) {
      writeBatch(this, now, new Batch(enc, out, this.cfg.batch));
    }
  }

  /**
   * Ends the session gracefully: what is queued is sent, then CLOSE, and the session is over when the peer has consumed
   * it all. Sending is refused from now on.
   */
  close(code: number, reason: string): void {
    if (!this.over && !this.closing.over) {
      this.closing.local = { code, reason, remote: false };
    }
  }

  /** Ends the session at once. The peer is told if it can be. */
  abort(code: number, reason: string): void {
    if (!this.over) {
      this.end({ code, reason, remote: false });
      this.closing.abort = true;
    }
  }

  /** Says that the connection of a binding died. */
  lost(now: Time, b: Binding): void {
    if (b === this.current && b) {
      this.detach(now);
    }
  }

  /**
   * Makes a connection the current one. What was told on the old one may be lost with it, and counts as told only when
   * it is said again.
   */
  protected bind(now: Time, b: Binding, pulled: boolean): void {
    this.current = b;
    this.sender.rewind();
    this.sender.asked = 0;
    this.closing.written = this.closing.heard = false;
    this.live.attach(now, pulled);
  }

  /** @internal */
  detach(now: Time): void {
    this.current = 0;
    this.closing.written = this.closing.heard = false;
    this.volatile.detach();
    this.live.detached = now;
    this.live.ready = undefined;
  }

  /** Says that a connection is to be given up; nothing more of its batch is looked at. */
  protected dead(binding: Binding, code: number, reason: string, out: Effect[]): false {
    out.push({ kind: "dead", binding, code, reason });
    return false;
  }

  /** @internal Ends the session because of what the peer did. The code goes out with the next batch. */
  fail(code: number, reason: string, out: Effect[]): false {
    this.abort(code, reason);
    return this.dead(this.current, code, reason, out);
  }

  /** @internal */
  end(over: Over): void {
    this.over ??= over;
  }
}
