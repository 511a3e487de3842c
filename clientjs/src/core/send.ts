import { BAD_PROTOCOL } from "../frame/code.js";
import { CANCEL, CREDIT, END, ERROR, EVENT, REPLY, REQUEST } from "../frame/message.js";
import { settle } from "./closing.js";
import type { Effect, End, Time, Window } from "./core.js";
import type { Item } from "./item.js";
import { UNRECEIVED } from "./liveness.js";
import { Queue } from "./queue.js";

/**
 * Why a message was not queued: the session has ended or is closing, the bounded queue is full (PROTOCOL 5.9), or there is
 * no connection, which a volatile message does not wait for.
 */
export class SendError extends Error {
  readonly why: "closed" | "full" | "detached";

  constructor(why: SendError["why"]) {
    super(`weft: ${why === "full" ? "send queue full" : `session ${why}`}`);
    this.why = why;
  }
}

/** The events and requests that were asked to be sent and are not known to be consumed. */
export interface Unconfirmed {
  /** In order. */
  items: Item[];
  /** How many of them had a number. */
  sent: number;
}

/**
 * The sending side of an end.
 *
 *     1 ...... una-1 | una ......... cursor-1 | cursor ... top | not numbered
 *     freed          | written on the binding  | to be resent   | exempt, then queue
 */
export class Sender {
  /** By number, in ascending order; what is freed is not in it. */
  readonly held = new Map<number, Item>();
  top = 0;
  /** The next number to write on the current binding. */
  cursor = 1;

  /** Nothing more gets a number: another session still has to bring what was sent before it. */
  hold = false;

  readonly exempt: Item[] = [];
  readonly queue = new Queue();

  // What the peer's word says.
  peerRcv = 0;
  peerAck = 0;
  /** Granted by the peer. */
  window: Window;
  /** One message passes, whatever its size, when none is unacknowledged. Not so before READY (PROTOCOL 5.6). */
  onePasses = true;
  /** Counted and unacknowledged. */
  readonly flight: Window = { messages: 0, bytes: 0 };
  /** Bytes of exempt messages the peer has not received, those in exempt included. */
  unreceived = 0;

  /** top when a PING last asked for the word that the window waits for. */
  asked = 0;

  /** The last request id given out. */
  requests = 0;
  /** The last request id that got a number. */
  lastRequest = 0;

  constructor(window: Window) {
    this.window = window;
  }

  /** The lowest number that is held. */
  get una(): number {
    return this.held.keys().next().value ?? this.top + 1;
  }

  /** Everything has its number, so that top is final. */
  get drained(): boolean {
    return !this.exempt[0] && !this.queue.head();
  }

  push(item: Item): void {
    const { kind, id } = item.message;
    // Requests get their numbers in the order of their ids, so one comparison tells whether ours has one.
    const opensLater = (kind === CANCEL || kind === CREDIT) && id! > this.lastRequest;
    if (item.counted || opensLater) {
      this.queue.push(item);
    } else {
      this.exempt.push(item);
      this.unreceived += item.size;
    }
  }

  /** Starts the writing again behind what the peer has received (PROTOCOL 5.5). */
  rewind(): void {
    this.cursor = this.peerRcv + 1;
  }

  /** The message that gets the next number, if there is one and the window has room (PROTOCOL 5.2). */
  next(): Item | undefined {
    const item = this.exempt[0] ?? this.queue.head();
    return item && !this.hold && this.#passes(item) ? item : undefined;
  }

  /** The window (PROTOCOL 5.1). */
  #passes(item: Item): boolean {
    const { flight, window } = this;
    return !item.counted || (this.onePasses && !flight.messages) ||
      fits(flight.messages, flight.bytes + item.size, window);
  }

  /**
   * A message does not fit although so little is unacknowledged that the peer has no reason of its own to speak: it is
   * to be asked, once (PROTOCOL 7.3).
   */
  get heldUp(): boolean {
    const { flight, window, asked, top, cursor } = this;
    if (!flight.messages || asked === top || cursor <= top || isQuarter(flight, window)) {
      return false;
    }
    const item = this.exempt[0] ?? this.queue.head();
    return !!item && !this.#passes(item);
  }

  /** Gives what is next its number: from here on it is held, and its number never changes (PROTOCOL 1.6, 1.9). */
  number(item: Item): void {
    const queued = !this.exempt.shift();
    if (queued) {
      this.queue.take(item);
    }
    if (item.counted) {
      this.flight.messages++;
      this.flight.bytes += item.size;
    } else if (queued) {
      this.unreceived += item.size;
    }
    if (item.message.kind === REQUEST) {
      this.lastRequest = item.message.id!;
    }
    this.held.set(++this.top, item);
  }

  /** Frees what the peer has received or consumed, and returns how many of its requests are answered by that. */
  free(rcv: number, ack: number, out: Effect[]): number {
    let answered = 0;
    for (const [seq, item] of this.held) {
      if (seq > (item.counted ? ack : rcv)) {
        continue;
      }
      this.held.delete(seq);
      if (item.counted) {
        this.flight.messages--;
        this.flight.bytes -= item.size;
        if (item.tag !== undefined) {
          out.push({ kind: "confirmed", seq, item });
        }
      } else {
        this.unreceived -= item.size;
        answered += isAnswer(item) ? 1 : 0;
      }
    }
    this.peerRcv = Math.max(this.peerRcv, rcv);
    this.peerAck = Math.max(this.peerAck, ack);
    this.cursor = Math.max(this.cursor, rcv + 1);
    return answered;
  }

  unconfirmed(): Unconfirmed {
    const sent = [...this.held.values()].filter(isDirect);
    return { items: [...sent, ...this.queue.items.filter(isDirect)], sent: sent.length };
  }
}

/** Whether a window takes as many messages, and bytes of them, the last one included (PROTOCOL 5.1). */
export function fits(messages: number, bytes: number, window: Window): boolean {
  return messages < window.messages && bytes <= window.bytes;
}

/** Whether so much of a window was used that the peer is to hear of it (PROTOCOL 7.3). */
export function isQuarter(used: Window, window: Window): boolean {
  return used.messages * 4 >= window.messages || used.bytes * 4 >= window.bytes;
}

function isAnswer({ message: { kind } }: Item): boolean {
  return kind === REPLY || kind === ERROR || kind === END;
}

function isDirect({ message: { kind } }: Item): boolean {
  return kind === EVENT || kind === REQUEST;
}

/** Takes the peer's word: nothing else frees a message (PROTOCOL 5.4, 7.1). False: the session is over. */
export function receiveAck(e: End, now: Time, rcv: number, ack: number, out: Effect[]): boolean {
  if (rcv > e.sender.top || ack > rcv) {
    return e.fail(BAD_PROTOCOL, "ack beyond what was sent", out);
  }
  e.closing.heard = e.closing.written;
  confirm(e, now, rcv, ack, out);
  return !e.over;
}

export function confirm(e: End, now: Time, rcv: number, ack: number, out: Effect[]): void {
  const { sender, receiver, live } = e;
  if (rcv > sender.peerRcv) {
    live.sentAt = rcv < sender.top ? now : Infinity;
    live.suspect = live.why === UNRECEIVED ? Infinity : live.suspect;
  }
  receiver.slots -= sender.free(rcv, ack, out);
  settle(e);
}
