import { BAD_PROTOCOL, WINDOW_BROKEN } from "../frame/code.js";
import { sizeOf } from "../frame/encode.js";
import type { Data, Positions } from "../frame/frame.js";
import { EVENT, isCounted } from "../frame/message.js";
import { checkConsumed, settle } from "./closing.js";
import type { Effect, End, Time, Window } from "./core.js";
import { fits, isQuarter } from "./send.js";

/** A counted message that was received. */
interface Arrival {
  readonly size: number;
  readonly event: boolean;
  consumed: boolean;
}

/**
 * How many exempt messages may go unreported: a quarter of the slots, so that a peer whose replies wait for our word
 * never runs out of them (PROTOCOL 7.3).
 */
const MAX_EXEMPT = 16;

/** The receiving side of an end. */
export class Receiver {
  rcv = 0;
  /** Counted messages above ack by number, consumed ones behind an unconsumed one included. */
  readonly inbox = new Map<number, Arrival>();
  /** Of the inbox. */
  bytes = 0;
  /** Granted to the peer. */
  window: Window;
  /** Requests started whose reply the peer has not received. */
  slots = 0;

  /** On the current binding. */
  told: Positions = { rcv: 0, ack: 0 };
  /** An ACK must go even alone. */
  due = false;
  /** rcv when a PING came: an ACK is due when it is consumed; Infinity when none is. */
  asked = Infinity;
  /** When the oldest receipt came that was not told. */
  since: Time = Infinity;
  /** Counted messages that were consumed since told. */
  consumed: Window = { messages: 0, bytes: 0 };
  /** Exempt messages that were received since told. */
  exempt: Window = { messages: 0, bytes: 0 };

  constructor(window: Window) {
    this.window = window;
  }

  /** The highest number up to which everything is consumed (PROTOCOL 6.6). */
  get ack(): number {
    return (this.inbox.keys().next().value ?? this.rcv + 1) - 1;
  }

  /** The peer was not told everything on this binding. */
  get untold(): boolean {
    return this.told.rcv !== this.rcv || this.told.ack !== this.ack;
  }
}

/** The receiver's rule: one, for every transport and both ends (PROTOCOL 6.2 to 6.5). */
export function receiveData(e: End, now: Time, { seq, message }: Data, post: boolean, out: Effect[]): boolean {
  const { receiver, closing } = e;
  const { inbox, window } = receiver;
  if (seq <= receiver.rcv) {
    receiver.due = true;
    return true;
  }
  if (seq > receiver.rcv + 1) {
    return post ? false : e.fail(BAD_PROTOCOL, "gap in the sequence", out);
  }
  if (closing.remote && seq > closing.final) {
    return e.fail(BAD_PROTOCOL, "data after close", out);
  }
  const size = sizeOf(message);
  const counted = isCounted(message.kind);
  // The same window as the sender's, seen from the other side: the peer counts what it was not told.
  if (counted && inbox.size && !fits(inbox.size, receiver.bytes + size, window)) {
    return e.fail(WINDOW_BROKEN, "window broken", out);
  }
  receiver.rcv = seq;
  receiver.since = Math.min(receiver.since, now);
  out.push({ kind: counted ? "deliver" : "resolve", seq, message });
  if (counted) {
    inbox.set(seq, { size, event: message.kind === EVENT, consumed: false });
    receiver.bytes += size;
    return true;
  }
  const { exempt } = receiver;
  add(exempt, size);
  receiver.due ||= exempt.messages >= MAX_EXEMPT || exempt.bytes * 4 >= window.bytes;
  checkConsumed(e);
  return true;
}

/** Notes that the application is done with a message. eager: the last event in the inbox is reported at once. */
export function consume(e: End, seq: number, eager: boolean): void {
  const { receiver } = e;
  const { inbox, consumed } = receiver;
  const arrival = inbox.get(seq);
  if (!arrival || arrival.consumed) {
    return;
  }
  arrival.consumed = true;
  for (const [first, { size, consumed: done }] of inbox) {
    if (!done) {
      break;
    }
    inbox.delete(first);
    receiver.bytes -= size;
    add(consumed, size);
  }
  receiver.due ||= isQuarter(consumed, receiver.window) || (eager && arrival.event && !inbox.size);
  if (receiver.ack >= receiver.asked) {
    receiver.due = true;
    receiver.asked = Infinity;
  }
  checkConsumed(e);
}

/** Notes a PING: the peer may wait for what it has sent to be consumed (PROTOCOL 5.1, 7.3). */
export function ask(receiver: Receiver): void {
  if (receiver.ack < receiver.rcv) {
    receiver.asked = receiver.rcv;
  }
}

function add(w: Window, size: number): void {
  w.messages++;
  w.bytes += size;
}

/** Notes that rcv and ack are on their way to the peer, and returns them. */
export function tell(e: End): Positions {
  const { receiver } = e;
  receiver.told = { rcv: receiver.rcv, ack: receiver.ack };
  receiver.consumed = { messages: 0, bytes: 0 };
  receiver.exempt = { messages: 0, bytes: 0 };
  receiver.due = false;
  receiver.since = Infinity;
  settle(e);
  return receiver.told;
}
