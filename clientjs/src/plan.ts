/** The transports of this client. */
export type Kind = "websocket" | "sse" | "longpoll";

/** Something that the plan wants done. */
export interface Action {
  act:
    /** POST HELLO; answer with ready or failed. */
    | "create"
    /** Open a connection; answer with opened or failed. */
    | "dial"
    /** ATTACH on what was opened, or by a poll; answer with ready or failed. */
    | "attach"
    /** The current attachment is by polls, and they go on from now. */
    | "poll"
    /** Give up a connection that was dialled, opened or is attaching. */
    | "drop";
  kind: Kind;
}

// The plan's times in milliseconds (PROTOCOL 12.2, 14).
const DIAL_DEADLINE = 5_000;
const ATTACH_DEADLINE = 5_000;
const POLL_DELAY = 150;
const HEDGE_DELAY = 1_000;
const RECONNECT_MAX = 250;
const BACKOFF_BASE = 500;
const BACKOFF_MAX = 30_000;
const LIMITED_DELAY = 5_000;

/** The delays before WebSocket is tried again from polling, and all after these. */
const CLIMBS = [30_000, 120_000];
const CLIMB_LAST = 480_000;

export const WS = "websocket";
export const POLLS = "longpoll";

/** How far the WebSocket that is not current is. */
type Stage = "dialing" | "open" | undefined;

/**
 * Chooses the transport: create by POST, dial WebSocket, poll until it is READY, reconnect with jitter, back to polls
 * when WebSocket fails. It is pure: it is told what happened and what time it is, in milliseconds, and appends what is
 * to be done; randomness is handed in. fallback/plan.go is the same plan, and both walk conformance/vectors/plan.
 */
export class Plan {
  readonly #random: () => number;
  readonly #order: readonly Kind[];
  #force: Kind | null = null;

  #started = false;
  #created = false;
  #current: Kind | undefined;
  /** The last that was current and better than polls. */
  #good: Kind | undefined;
  /** Rounds of attempts that failed since the last READY. */
  #failures = 0;
  /** How often WebSocket was tried from polling. */
  #climb = 0;
  /** The current polls go on. */
  #polling = false;
  /** Detached: polls are still to be tried in this round. */
  #polls = false;
  #stream: Stage;
  /** The HELLO or ATTACH that is outstanding. */
  #attempt: Kind | undefined;

  // When something is to be done; Infinity is never.
  #dialUntil = Infinity;
  #attemptUntil = Infinity;
  /** Polls go on then, unless something better is READY. */
  #pollAt = Infinity;
  /** Detached: the next round of attempts. */
  #retryAt = Infinity;
  /** Detached: polls are tried beside the dial. */
  #hedgeAt = Infinity;
  /** The target is tried again. */
  #moveAt = Infinity;
  /** The server asked for patience until then. */
  #notBefore = 0;

  /** order is the kinds that may be used, best first, polls among them. random returns uniform numbers in [0, 1). */
  constructor(order: readonly Kind[], random: () => number) {
    this.#order = order;
    this.#random = random;
  }

  /** The kind of the current attachment. */
  get current(): Kind | undefined {
    return this.#current;
  }

  /** When tick has something to do next, or Infinity. */
  get deadline(): number {
    return Math.min(
      this.#dialUntil, this.#attemptUntil, this.#pollAt, this.#retryAt, this.#hedgeAt, this.#moveAt,
    );
  }

  /**
   * Begins: a session is created by POST, whatever comes later. The session after one that was lost waits a moment: a
   * server that ends many at once would meet them all again at once.
   */
  start(now: number, out: Action[]): void {
    this.#failures = this.#started && !this.#created ? this.#failures + 1 : 0; // it was refused
    this.#polling = this.#polls = false;
    this.#current = this.#good = undefined;
    this.#created = false;
    this.#climb = 0;
    this.#setStream(undefined);
    this.#setAttempt(undefined);
    this.#pollAt = this.#retryAt = this.#hedgeAt = this.#moveAt = Infinity;
    if (this.#started) {
      this.#retryAt = this.#backoff(now);
    } else {
      this.#started = true;
      this.#create(now, out);
    }
  }

  #create(now: number, out: Action[]): void {
    this.#setAttempt(POLLS, now + ATTACH_DEADLINE);
    out.push({ act: "create", kind: POLLS });
  }

  /**
   * Keeps the client on one kind from now on; null lifts it. Nothing else is begun, so a kind that does not work
   * leaves the client without a connection. What it is on is used until the forced kind is READY.
   */
  force(now: number, kind: Kind | null, out: Action[]): void {
    this.#force = kind;
    this.#failures = this.#climb = 0;
    if (!this.#created) {
      return;
    }
    this.#moveAt = this.#retryAt = this.#hedgeAt = Infinity;
    if (this.#stream && !this.#may(WS)) {
      out.push({ act: "drop", kind: WS });
      this.#gone(WS);
    }
    if (this.#current === this.#target) {
      this.#poll(out);
    } else {
      this.#reach(now, out);
    }
  }

  /** The kind that the client wants to be on. */
  get #target(): Kind {
    return this.#may(WS) ? WS : POLLS;
  }

  #may(kind: Kind): boolean {
    return this.#force ? this.#force === kind : this.#order.includes(kind);
  }

  /** Begins to move to the target. */
  #reach(now: number, out: Action[]): void {
    if (this.#target === WS) {
      this.#dial(now, out);
    } else {
      this.#attach(now, POLLS, out);
    }
  }

  #dial(now: number, out: Action[]): void {
    if (!this.#stream) {
      this.#setStream("dialing", now + DIAL_DEADLINE);
      out.push({ act: "dial", kind: WS });
    }
  }

  /** Forgets what there was of a kind beside the current attachment. */
  #gone(kind: Kind): void {
    if (this.#attempt === kind) {
      this.#setAttempt(undefined);
    }
    if (kind === WS) {
      this.#setStream(undefined);
    }
  }

  #setStream(stream: Stage, until = Infinity): void {
    this.#stream = stream;
    this.#dialUntil = until;
  }

  #setAttempt(kind: Kind | undefined, until = Infinity): void {
    this.#attempt = kind;
    this.#attemptUntil = until;
  }

  /** Makes an attempt, one at a time. */
  #attach(now: number, kind: Kind, out: Action[]): void {
    if (this.#attempt) {
      return;
    }
    if (kind === POLLS) {
      this.#polls = false;
    }
    this.#setAttempt(kind, now + ATTACH_DEADLINE);
    out.push({ act: "attach", kind });
  }

  /** Says that a dialled connection is open. */
  opened(now: number, kind: Kind, out: Action[]): void {
    if (kind === WS && this.#stream === "dialing") {
      this.#setStream("open");
      this.#attach(now, kind, out);
    }
  }

  /** Says that the outstanding attempt is the current attachment now. */
  ready(now: number, kind: Kind, out: Action[]): void {
    const first = !this.#created;
    this.#created = true;
    this.#current = kind;
    this.#failures = 0;
    this.#gone(kind);
    this.#polling = this.#polls = false;
    this.#pollAt = this.#retryAt = this.#hedgeAt = Infinity;
    if (kind === this.#target) {
      this.#moveAt = Infinity; // else it stands: polls that come and go do not put WebSocket off
    }
    if (kind === WS) {
      this.#good = kind;
      this.#climb = 0;
    } else if (this.#stream === "open") {
      this.#attach(now, WS, out);
    } else if (first && this.#target === WS) {
      this.#dial(now, out);
    }
    if (this.#stream) {
      this.#pollAt = now + POLL_DELAY;
    } else {
      this.#stay(now, out);
    }
  }

  /** Uses the current attachment, and sees to it that the target is tried again if that is another. */
  #stay(now: number, out: Action[]): void {
    if (this.#current !== this.#target && !this.#stream && !this.#attempt && this.#moveAt === Infinity) {
      this.#moveAt = this.#moveTime(now);
    }
    this.#poll(out);
  }

  #moveTime(now: number): number {
    if (this.#force) {
      this.#failures++;
      return this.#backoff(now);
    }
    return now + (CLIMBS[this.#climb++] ?? CLIMB_LAST);
  }

  /** Lets the polls of the current attachment go on. */
  #poll(out: Action[]): void {
    this.#pollAt = Infinity;
    if (this.#current === POLLS && !this.#polling && this.#may(POLLS)) {
      this.#polling = true;
      out.push({ act: "poll", kind: POLLS });
    }
  }

  /** Says that a creation, a dial or an attempt came to nothing. */
  failed(now: number, kind: Kind, out: Action[]): void {
    this.#gone(kind);
    if (this.#stream === "open") {
      this.#attach(now, WS, out); // it waited for the attempt that failed
    } else if (this.#current) {
      this.#stay(now, out);
    } else if (kind === WS && this.#polls && this.#may(POLLS) && now >= this.#notBefore) {
      this.#attach(now, POLLS, out);
    } else if (!this.#attempt && !this.#stream) {
      this.#failures++;
      this.#retryAt = this.#backoff(now);
      this.#hedgeAt = Infinity;
    }
  }

  #giveUp(now: number, kind: Kind, out: Action[]): void {
    out.push({ act: "drop", kind });
    this.failed(now, kind, out);
  }

  /** Says that the server refused with a code that asks for patience (PROTOCOL 12.2); before failed or died. */
  limited(now: number): void {
    this.#notBefore = now + LIMITED_DELAY;
  }

  /** Full jitter: nobody's clients come back at the same time. */
  #backoff(now: number): number {
    return this.#jitter(now, Math.min(BACKOFF_BASE * 2 ** this.#failures, BACKOFF_MAX));
  }

  #jitter(now: number, ceiling: number): number {
    return Math.max(now, this.#notBefore) + Math.floor(this.#random() * ceiling);
  }

  /** Says that the current attachment is gone, though the session is not. */
  died(now: number, out: Action[]): void {
    this.#current = undefined;
    this.#polling = false;
    this.#polls = true;
    this.#pollAt = Infinity;
    if (this.#attempt || this.#stream === "dialing") {
      this.#hedgeAt = now + HEDGE_DELAY; // something is on its way already
    } else if (this.#stream) {
      this.#attach(now, WS, out);
    } else {
      this.#retryAt = this.#jitter(now, RECONNECT_MAX);
    }
  }

  /** Says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4). */
  suspect(now: number, out: Action[]): void {
    if (!this.#current || this.#attempt || this.#stream) {
      return;
    }
    if (this.#may(WS) && (this.#current === WS || this.#force)) {
      this.#dial(now, out);
    } else {
      this.#attach(now, POLLS, out);
    }
  }

  /** Says that the network changed: waiting has no more reason. */
  online(now: number, out: Action[]): void {
    this.#failures = this.#climb = 0;
    this.#retryAt = sooner(this.#retryAt, Math.max(now, this.#notBefore));
    this.#hedgeAt = sooner(this.#hedgeAt, now);
    this.#moveAt = sooner(this.#moveAt, now);
    this.tick(now, out);
  }

  /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
  tick(now: number, out: Action[]): void {
    if (now >= this.#dialUntil) {
      this.#giveUp(now, WS, out);
    }
    if (now >= this.#attemptUntil) {
      this.#giveUp(now, this.#attempt!, out);
    }
    if (now >= this.#pollAt) {
      this.#poll(out);
    }
    if (now >= this.#moveAt) {
      this.#moveAt = Infinity;
      this.#reach(now, out);
    }
    if (now >= this.#retryAt) {
      this.#retryAt = Infinity;
      this.#retry(now, out);
    }
    if (now >= this.#hedgeAt) {
      this.#hedgeAt = Infinity;
      if (this.#polls && this.#may(POLLS)) {
        this.#attach(now, POLLS, out);
      }
    }
  }

  /**
   * Begins a round of attempts of a client without a connection: the last good transport first, polls beside it a
   * little later.
   */
  #retry(now: number, out: Action[]): void {
    if (this.#current || this.#attempt) {
      return;
    }
    if (!this.#created) {
      this.#create(now, out);
    } else if (this.#target === POLLS || (!this.#force && this.#good !== WS)) {
      this.#attach(now, POLLS, out);
    } else {
      this.#polls = true;
      this.#hedgeAt = now + HEDGE_DELAY;
      this.#dial(now, out);
    }
  }
}

/** What is waited for comes at another time; what is not stays away. */
function sooner(at: number, now: number): number {
  return at === Infinity ? at : now;
}
