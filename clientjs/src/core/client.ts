import { BAD_PROTOCOL, classOf, DIVERGED, SUPERSEDED, TIMEOUT, TOO_LARGE, UNKNOWN } from "../frame/code.js";
import {
  ATTACH, CLOSE, type Encoding, type Extras, type Frame, GOAWAY, HELLO, PAD, READY, type Ready, RESET, type Reset,
} from "../frame/frame.js";
import { DEFAULT_MAX_FRAME } from "../frame/limits.js";
import type { Writer } from "../frame/writer.js";
import { Batch, waiting, writeMessages } from "./batch.js";
import { settle } from "./closing.js";
import { type Binding, type Config, type Effect, End, type Time } from "./core.js";
import type { Item } from "./item.js";
import { UNPROVEN, UNRECEIVED, WOKEN } from "./liveness.js";
import { confirm } from "./send.js";

/** PROTOCOL 16.1. */
export const CLIENT_DEFAULTS: Config = {
  send: { messages: 16, bytes: 16 << 10 },
  receive: { messages: 1024, bytes: 512 << 10 },
  queue: { messages: 1024, bytes: 1 << 20 },
  maxFrame: DEFAULT_MAX_FRAME,
  slots: 64,
  volatile: 256,
  keys: 1024,
  batch: 64 << 10,
  pong: 10_000,
  hold: 25_000,
};

const MIN_UNRECEIVED = 2_000; // PROTOCOL 13.4
const SUSPECT_AFTER = 1_000;
const WAKE_PATIENCE = 2_000; // PROTOCOL 13.5
const PROVE_AFTER = 5_000; // PROTOCOL 13.6
const PROVE_PATIENCE = 2_000;
const MAX_DOUBTS = 3; // PROTOCOL 13.9
const MAX_PATIENCE = 16_000;
const MAX_PROOF = 32;
const LONG_WAY = 16 << 10;

/**
 * How many attempts in a row may be answered 4409. An ATTACH that something between the ends sends twice is answered so,
 * but not again and again: then the session is another's.
 */
const MAX_SUPERSEDED = 3;

/** Room for the sequence number in a DATA frame's body. */
const FRAME_OVERHEAD = 8;

/** The one HELLO or ATTACH that is outstanding (PROTOCOL 8.6). */
interface Candidate {
  binding: Binding;
  pulled: boolean;
  /** What it told. */
  rcv: number;
  ack: number;
}

/** The end that opens the session and attaches to it. */
export class Client extends End {
  /** What the last READY said, or undefined before the first one. The token is in it from the first one on. */
  session: Ready | undefined;
  readonly #nonce: Uint8Array;
  readonly #extras: Extras;
  #candidate: Candidate | undefined;
  /**
   * The session ends by itself when it has been without a connection for as long as the server keeps it: where it was
   * opened there may be nobody any more who could say so (PROTOCOL 18.6).
   */
  expires = false;
  /** The greatest att that was used. */
  #lastAtt = 1;
  /** Attempts in a row that were answered 4409. */
  #superseded = 0;

  /** A client end that has no session yet. nonce is 16 random bytes; extras ride in HELLO and ATTACH. */
  constructor(cfg: Config, nonce: Uint8Array, extras: Extras = new Map()) {
    super(cfg);
    this.sender.onePasses = false;
    this.#nonce = nonce;
    this.#extras = extras;
  }

  /** The binding whose HELLO or ATTACH has no answer yet, or 0. */
  get outstanding(): Binding {
    return this.#candidate?.binding ?? 0;
  }

  /**
   * Begins an attempt on a new connection: HELLO while there is no session, ATTACH with the next att once there is. An
   * attempt before it that has no answer yet is given up. The first batch for the connection is appended to out.
   */
  open(now: Time, pulled: boolean, enc: Encoding, out: Writer): Binding {
    const { rcv, ack } = this.receiver;
    this.#candidate = { binding: ++this.bindings, pulled, rcv, ack };
    this.closing.held = !!this.session;
    const w = new Batch(enc, out, this.cfg.batch);
    const extras = this.#extras;
    if (this.session) {
      const { sid, token, gen } = this.session;
      w.frame({ type: ATTACH, sid, token: token!, att: ++this.#lastAtt, gen, rcv, ack, extras });
    } else {
      // The first messages ride along, within what every server grants (PROTOCOL 5.6, 8.1).
      w.frame({ type: HELLO, nonce: this.#nonce, extras });
      this.sender.rewind();
      writeMessages(this, now, w);
    }
    return this.bindings;
  }

  /** End.receive, which also takes the answer to the outstanding HELLO or ATTACH, and with binding 0 that to a dial. */
  override receive(now: Time, b: Binding, f: Frame, post: boolean, out: Effect[]): boolean {
    if (b && b === this.outstanding && !this.over) {
      return this.#receiveAnswer(now, this.#candidate!, f, out);
    }
    if (!b && f.type === RESET && this.session && !this.over) {
      this.#reset(now, f, out); // the answer to a dial
      return false;
    }
    const current = b && b === this.current && !this.over;
    if (current && f.type === RESET) {
      return this.#receiveReset(now, b, f, out); // the answer to a POST
    }
    if (current && f.type === GOAWAY) {
      out.push({ kind: "move", within: f.drainMs, url: f.url });
    }
    const more = super.receive(now, b, f, post, out);
    if (current && f.type === CLOSE && f.code === SUPERSEDED && f.final === undefined && this.#takenOver) {
      this.end({ code: f.code, reason: f.reason, remote: true });
    }
    return more;
  }

  /**
   * A 4409 on the current attachment means that another holder of the token has the session: nobody of ours has a greater
   * att. Of att 1 it may mean a late copy of our own HELLO, so the next ATTACH will tell.
   */
  get #takenOver(): boolean {
    return this.att > 1 && this.#lastAtt === this.att;
  }

  #receiveAnswer(now: Time, k: Candidate, f: Frame, out: Effect[]): boolean {
    if (f.type === PAD) {
      return true;
    }
    if (f.type === READY) {
      return this.#receiveReady(now, k, f, out);
    }
    this.#giveUp();
    if (f.type === RESET) {
      return this.#receiveReset(now, k.binding, f, out);
    }
    if (f.type !== CLOSE) {
      return this.dead(k.binding, BAD_PROTOCOL, "no READY", out);
    }
    const { code, reason } = f;
    if (!this.#mayRetry(code)) {
      this.end({ code, reason, remote: true });
    }
    return this.dead(k.binding, code, reason, out);
  }

  #receiveReset(now: Time, binding: Binding, f: Reset, out: Effect[]): false {
    this.#reset(now, f, out);
    return this.dead(binding, f.code, f.reason, out);
  }

  /** Ends a session that the server no longer has; what it consumed is confirmed (PROTOCOL 9.5). */
  #reset(now: Time, { code, reason, consumed }: Reset, out: Effect[]): void {
    const told = Math.min(consumed, this.sender.top);
    confirm(this, now, told, told, out);
    this.end({ code, reason, remote: true });
  }

  /** Whether CLOSE in answer to HELLO or ATTACH ends just the attempt, and not the session. */
  #mayRetry(code: number): boolean {
    const what = classOf(code);
    return what === "superseded"
      ? !!this.session && ++this.#superseded < MAX_SUPERSEDED
      : what === "resume" || what === "delay";
  }

  /** Makes the candidate the current attachment (PROTOCOL 8.5, 8.7). */
  #receiveReady(now: Time, { binding, pulled, rcv, ack }: Candidate, f: Ready, out: Effect[]): boolean {
    const { sender, receiver, live } = this;
    this.#candidate = undefined;
    if (!this.#known(f) || f.att !== this.#lastAtt || f.rcv < sender.una - 1 || f.rcv > sender.top || f.ack > f.rcv) {
      this.end({ code: DIVERGED, reason: "diverged", remote: false });
      return this.dead(binding, DIVERGED, "diverged", out);
    }
    this.session = { ...f, token: this.session ? this.session.token : f.token };
    this.att = f.att;
    this.#superseded = 0;
    sender.window = { messages: f.w, bytes: f.wb };
    sender.onePasses = true;
    receiver.window = { messages: f.dw, bytes: f.dwb };
    this.maxFrame = f.maxFrame;
    confirm(this, now, f.rcv, f.ack, out);
    this.bind(now, binding, pulled);
    this.closing.held = false;
    receiver.told = { rcv, ack };
    receiver.due ||= receiver.untold;
    waiting(live, sender, now);
    if (!pulled) {
      live.prove = now + PROVE_AFTER;
    }
    out.push({ kind: "attached", binding });
    const tooLong = ({ size }: Item): boolean => size + FRAME_OVERHEAD > f.maxFrame;
    for (let item; (item = sender.queue.remove(tooLong)); ) {
      out.push({ kind: "refused", item, code: TOO_LARGE }); // PROTOCOL 5.7
    }
    return true;
  }

  /** Whether READY speaks of our session, or opens it. */
  #known({ sid, token }: Ready): boolean {
    return this.session ? this.session.sid.every((byte, i) => byte === sid[i]) : !!token;
  }

  override close(code: number, reason: string): void {
    if (!this.closing.over) {
      super.close(code, reason);
      if (!this.session && this.sender.top === 0 && this.sender.drained) {
        this.end(this.closing.local!); // there is nobody to tell, and nothing to send
      }
    }
  }

  /**
   * Is close after a server's wish that the client moves: the session is over when the server, which then closes as well,
   * has brought what it had queued.
   */
  leave(code: number, reason: string): void {
    this.closing.both = !this.over && !this.closing.over;
    this.close(code, reason);
  }

  override lost(now: Time, b: Binding): void {
    if (b === this.outstanding) {
      this.#giveUp();
    }
    super.lost(now, b);
  }

  /** Ends the outstanding attempt. */
  #giveUp(): void {
    this.#candidate = undefined;
    this.closing.held = false;
    settle(this);
  }

  /** Says that time may have passed unnoticed: the network is back, the page is visible again (PROTOCOL 13.5). */
  wake(now: Time): void {
    if (this.current) {
      this.live.ask(now + WAKE_PATIENCE, WOKEN);
    }
  }

  /**
   * Says that a batch goes out on a binding in a POST, which will be answered, or its connection given up
   * (PROTOCOL 13.8).
   */
  posted(now: Time, b: Binding): void {
    if (b === this.current && b) {
      this.live.owed = this.#overdue(now);
    }
  }

  /** Says that the answer to the last POST of a binding has come. */
  answered(b: Binding): void {
    if (b === this.current && b) {
      this.live.owed = Infinity;
    }
  }

  /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
  tick(now: Time, out: Effect[]): void {
    const { live, current } = this;
    if (now < this.deadline()) {
      return;
    }
    if (!current) {
      // Nobody is left to tell (PROTOCOL 9.2).
      this.end(this.closing.over ?? { code: UNKNOWN, reason: "expired", remote: false });
    } else if (now >= this.#silent) {
      this.#doubt();
      this.detach(now);
      this.dead(current, TIMEOUT, "no answer", out);
    } else if (now >= Math.min(live.suspect, live.owed)) {
      this.#suspected(now, out);
    } else if (now >= this.#unreceived) {
      live.ask(now + SUSPECT_AFTER * this.#slack(this.#laden), UNRECEIVED);
      live.sentAt = now;
    } else {
      live.ask(now + this.#proof, UNPROVEN);
    }
  }

  /** Says that the path may be dead, and has patience with it once more. */
  #suspected(now: Time, out: Effect[]): void {
    const { live } = this;
    if (live.suspect === Infinity || live.why !== WOKEN) {
      this.#doubt();
    }
    live.suspect = Infinity;
    live.sentAt = live.sentAt < Infinity ? now : Infinity;
    live.owed = live.owed < Infinity ? this.#overdue(now) : Infinity;
    out.push({ kind: "suspect", binding: this.current });
  }

  /** Counts a suspicion, or an end, behind which nothing has come through. */
  #doubt(): void {
    const { live, through } = this;
    if (through !== live.through) {
      live.doubts = 0;
      live.through = through;
    }
    live.doubts = Math.min(live.doubts + 1, MAX_DOUBTS);
  }

  /** When tick has something to do next; Infinity when only an event can change that. */
  deadline(): Time {
    const { live, session } = this;
    if (this.over) {
      return Infinity;
    }
    if (!this.current) {
      return (this.closing.over || this.expires) && session ? live.detached + session.ttlMs : Infinity;
    }
    return Math.min(this.#silent, live.suspect, live.owed, live.prove, this.#unreceived);
  }

  /** When what was sent should have been received (PROTOCOL 13.4). */
  get #unreceived(): Time {
    return this.live.sentAt + this.#unreceivedFor;
  }

  get #unreceivedFor(): Time {
    const d = Math.max(MIN_UNRECEIVED, 4 * this.live.srtt);
    return Math.max(d, Math.min(d * this.#slack(this.#laden), MAX_PATIENCE));
  }

  /** When the answer to a POST that goes out now should have come (PROTOCOL 13.8). */
  #overdue(now: Time): Time {
    return now + this.#unreceivedFor + SUSPECT_AFTER * this.#slack(this.#laden);
  }

  /** So much is on its way that a narrow network may need long for it. */
  get #laden(): boolean {
    return this.sender.flight.bytes + this.sender.unreceived >= LONG_WAY;
  }

  /**
   * How many times longer a path is trusted than it would be, if no suspicion had come to nothing. long says that what is
   * on its way may be longer than a narrow path carries in that time: every attachment begins with it again
   * (PROTOCOL 13.9).
   */
  #slack(long: boolean): number {
    return long && this.through === this.live.through ? 1 << this.live.doubts : 1;
  }

  /** How long the PING of a path that has carried nothing may be unanswered (PROTOCOL 13.6, 13.9). */
  get #proof(): Time {
    return PROVE_PATIENCE * Math.min(this.#slack(true) ** 2, MAX_PROOF);
  }

  /** When the path has been silent for too long (PROTOCOL 13.3, 13.9). */
  get #silent(): Time {
    const { live, cfg, session } = this;
    const d = live.pulled ? cfg.hold : session!.pingMs;
    return live.heard + (this.#slack(true) > 1 ? Math.max(d, PROVE_AFTER + this.#proof) : d) + cfg.pong;
  }
}
