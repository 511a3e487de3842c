import { DIVERGED, DRAINING, FrameError, SUPERSEDED, TIMEOUT, UNKNOWN } from "../frame/code.js";
import {
  type Attach, CLOSE, type Frame, GOAWAY, type Goaway, type Positions, READY, type Ready,
} from "../frame/frame.js";
import { DEFAULT_MAX_FRAME } from "../frame/limits.js";
import { type Binding, type Config, type Effect, End, type Time } from "./core.js";
import { type Cursor, mark, type Source, subscribe } from "./cursor.js";
import { consume, tell } from "./receive.js";
import { confirm, receiveAck } from "./send.js";

/** What a server end is told beside. */
export interface ServerConfig extends Config {
  /** Silence before a PING. */
  ping: Time;
  /** How long a detached session is kept. */
  ttl: Time;
  /** How long a receipt may stay unreported. */
  ackDelay: Time;
}

/** PROTOCOL 16.1. */
export const SERVER_DEFAULTS: ServerConfig = {
  send: { messages: 1024, bytes: 512 << 10 },
  receive: { messages: 256, bytes: 128 << 10 },
  queue: { messages: 4096, bytes: 4 << 20 },
  maxFrame: DEFAULT_MAX_FRAME,
  slots: 64,
  volatile: 256,
  keys: 1024,
  batch: 64 << 10,
  ping: 15_000,
  pong: 10_000,
  hold: 25_000,
  ttl: 120_000,
  ackDelay: 200,
};

const LONG_WAY = 16 << 10; // PROTOCOL 13.9
const LONG_WAY_TIME = 2_000;

/** What READY carries beside the numbers. */
export type Opening = Pick<Ready, "sid" | "token" | "gen" | "extras">;

/** The end that owns the session. */
export class Server extends End {
  readonly #cfg: ServerConfig;
  /** The token was used (PROTOCOL 8.2). */
  #used = false;
  /** HELLO came again: which READY the client has got is not known. */
  #repeated = false;
  /** What was told when a POST last brought something new; nothing was told since if it is still the same. */
  #fresh: Positions | undefined;
  /** The wish that the client moves, as it is now (PROTOCOL 18.1). */
  #move: ((now: Time) => Goaway) | undefined;
  /** Polls of the current binding that are open. */
  #polls = 0;

  /** A server end that nothing is bound to. */
  constructor(cfg: ServerConfig) {
    super(cfg);
    this.#cfg = cfg;
  }

  /** What this end holds for messages that are on their way: queued, unacknowledged, received and not consumed. */
  get bytes(): number {
    const { queue, flight, unreceived } = this.sender;
    return queue.direct.bytes + flight.bytes + unreceived + this.receiver.bytes + this.volatile.waiting.bytes;
  }

  /** Says that a request bore the session's token: the client has READY, and HELLO is over. */
  tokenUsed(): void {
    this.#used = true;
  }

  /** Binds a connection that said HELLO, the first time or again. Throws a FrameError. */
  hello(now: Time, pulled: boolean, opening: Opening): Binding {
    this.#refuse(!!this.over, UNKNOWN, "unknown session");
    this.#refuse(this.#used || this.sender.peerRcv > 0, SUPERSEDED, "superseded"); // PROTOCOL 8.2
    this.#repeated = this.bindings > 0;
    return this.#accept(now, 1, pulled, opening);
  }

  /**
   * Binds a connection that said ATTACH with the right token. Nothing has changed when it throws a FrameError
   * (PROTOCOL 8.3).
   */
  attach(now: Time, pulled: boolean, f: Attach, opening: Opening, out: Effect[]): Binding {
    this.#refuse(!!this.over, UNKNOWN, "unknown session");
    this.#refuse(f.att <= this.att, SUPERSEDED, "superseded");
    this.#refuse(f.gen !== opening.gen || f.rcv > this.sender.top || f.ack > f.rcv, DIVERGED, "diverged");
    this.#used = true;
    this.#repeated = false;
    confirm(this, now, f.rcv, f.ack, out);
    const { code, reason } = this.over ?? { code: 0, reason: "" };
    this.#refuse(!!this.over, code, reason); // it was the last word of a close
    return this.#accept(now, f.att, pulled, opening);
  }

  #refuse(when: boolean, code: number, reason: string): void {
    if (when) {
      throw new FrameError(code, reason);
    }
  }

  #accept(now: Time, att: number, pulled: boolean, opening: Opening): Binding {
    this.att = att;
    this.#polls = 0;
    this.#fresh = undefined;
    this.bind(now, ++this.bindings, pulled);
    this.live.ready = () => this.#ready(opening);
    this.live.move = this.#move;
    return this.bindings;
  }

  /** READY tells what an ACK would (PROTOCOL 8.5). */
  #ready(opening: Opening): Ready {
    const { att } = this;
    const cfg = this.#cfg;
    const { top, window: down } = this.sender;
    const { window: up } = this.receiver;
    return {
      type: READY, ...opening, att, ...tell(this), top,
      w: up.messages, wb: up.bytes, dw: down.messages, dwb: down.bytes,
      maxFrame: cfg.maxFrame, pingMs: cfg.ping, ttlMs: cfg.ttl,
    };
  }

  /**
   * Takes a poll of the current binding: what the client says it received rewinds the writing (PROTOCOL 11.5). again
   * says that the client did not get the answer before, so that it is told once more what it was told there.
   */
  poll(now: Time, b: Binding, rcv: number, ack: number, again: boolean, out: Effect[]): boolean {
    if (b !== this.current || this.over) {
      return false;
    }
    this.live.hear(now);
    this.#polls++;
    if (again || this.#repeated) {
      this.#repeated = false;
      this.receiver.due = true;
      this.sender.asked = 0;
      this.live.move = this.#move;
      this.closing.written = false; // before the poll's word counts as one that came after CLOSE
    }
    if (!receiveAck(this, now, rcv, ack, out)) {
      return false;
    }
    this.sender.rewind();
    return true;
  }

  /** Says that a poll of a binding was answered or given up. */
  pollDone(now: Time, b: Binding): void {
    if (b === this.current) {
      this.live.hear(now);
      this.#polls--;
    }
  }

  /**
   * Asks the client to open a session at url at a random moment within the given time, and then to close this one. It is
   * said on every attachment from now on.
   */
  move(now: Time, within: Time, url: string): void {
    const until = now + within;
    this.#move = this.live.move = (now) => ({ type: GOAWAY, drainMs: Math.max(until - now, 0), url });
  }

  override receive(now: Time, b: Binding, f: Frame, post: boolean, out: Effect[]): boolean {
    if (post && b) {
      this.heard(now, b); // here a POST is the client's own word
    }
    const { receiver, closing } = this;
    const { rcv, told } = receiver;
    const { remote } = closing;
    const more = super.receive(now, b, f, post, out);
    if (closing.remote && f.type === CLOSE && f.code === DRAINING && this.#move) {
      closing.both ||= !closing.local;
      closing.local ??= { code: DRAINING, reason: "moved", remote: false }; // what is queued still goes (PROTOCOL 18.3)
    }
    if ((post && receiver.rcv > rcv) || (!remote && closing.remote)) {
      this.#fresh = told;
    }
    return more;
  }

  /**
   * What a POST's answer says (PROTOCOL 7.5). It counts as told only when a POST has brought something new: a late copy
   * of one that was retried has nobody who reads its answer.
   */
  override answer(): Positions {
    return this.#fresh === this.receiver.told ? super.answer() : this.progress;
  }

  /** The last event is reported at once: the peer's emit waits for it. */
  override consumed(seq: number): void {
    consume(this, seq, true);
  }

  /**
   * When nothing is missing at a closing end but that its peer has heard CLOSE, the session ends with the connection. A
   * client that has not heard it comes back and learns of it from the tombstone; one that has, stays away.
   */
  override detach(now: Time): void {
    const { closing, sender, receiver } = this;
    const { local, remote, over, written, final } = closing;
    if (over && local && written && sender.peerAck === sender.top && (!remote || receiver.told.ack >= final)) {
      this.end(over);
    }
    super.detach(now);
  }

  /** Adds a subscription; see cursor.ts. */
  subscribe(topic: string, epoch: number, source: Source, offset: number, last: number, stale: boolean): Cursor {
    return subscribe(this, topic, epoch, source, offset, last, stale);
  }

  /** Notes that a cursor's log reaches to upto (PROTOCOL 10.4). */
  mark(c: Cursor, upto: number): void {
    mark(this, c, upto);
  }

  /** Ends a cursor: nothing more is taken for it. */
  unsubscribe(c: Cursor): void {
    c.dead = true;
  }

  /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
  tick(now: Time, out: Effect[]): void {
    const { live, receiver, closing, current } = this;
    if (now < this.deadline()) {
      return;
    }
    if (!current) {
      this.end(closing.over ?? { code: UNKNOWN, reason: "expired", remote: false }); // PROTOCOL 9.9
      return;
    }
    if (now >= this.#silent) {
      this.detach(now);
      this.dead(current, TIMEOUT, "no answer", out);
      return;
    }
    if (now >= this.#pingDue) {
      live.ping = true;
      live.pingAt = Infinity;
    }
    receiver.due ||= now >= this.#ackDue;
  }

  /** When tick has something to do next; Infinity when only an event can change that. */
  deadline(): Time {
    if (this.over) {
      return Infinity;
    }
    if (!this.current) {
      return this.live.detached + this.#cfg.ttl;
    }
    return Math.min(this.receiver.due ? Infinity : this.#ackDue, this.#silent, this.#pingDue);
  }

  get #ackDue(): Time {
    return this.receiver.since + this.#cfg.ackDelay;
  }

  /** A PING was written, and nothing came since. */
  get #unanswered(): boolean {
    return this.live.pingAt < Infinity && this.live.heard < this.live.pingAt;
  }

  /** When the attachment is given up; Infinity while nothing says that it may be dead (PROTOCOL 13.2). */
  get #silent(): Time {
    const { hold, pong } = this.#cfg;
    const { pulled, heard, pingAt } = this.live;
    if (pulled) {
      return this.#polls > 0 ? Infinity : heard + hold + pong;
    }
    return this.#unanswered ? pingAt + pong + this.#way : Infinity;
  }

  /** How long a narrow network may have to carry what was written before a PING (PROTOCOL 13.9). */
  get #way(): Time {
    const { flight, unreceived } = this.sender;
    return Math.floor((flight.bytes + unreceived) / LONG_WAY) * LONG_WAY_TIME;
  }

  /** When the next PING is due: after silence from either end (PROTOCOL 13.1). */
  get #pingDue(): Time {
    const { pulled, ping, wrote, heard } = this.live;
    if (pulled || ping || this.#unanswered) {
      return Infinity;
    }
    return Math.min(wrote, heard) + this.#cfg.ping;
  }
}
