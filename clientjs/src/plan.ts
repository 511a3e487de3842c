import { due, duplex, type Kind, type Lane, POLLS, shunned, WT } from "./kind.js";
import type { Offer } from "./link.js";
import { confirm, enter, type Memory, placeOf, samePlace, works } from "./memory.js";
import { ceiling, HASTY_DEADLINE, HEDGE_DELAY, MAX_BARREN, PROVEN_DELAY, Race, YOUTH } from "./race.js";

export { type Kind, POLLS, SSE, WS, WT } from "./kind.js";

// The other times are in race.ts.
const RECONNECT_MAX = 250;
const LIMITED_DELAY = 5_000;
const INFANCY = 2_000;

/** Something that the plan wants done, or has decided. */
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
    | "drop"
    // Nothing is to be done for these. They are there to be read.
    /** The kind came to nothing although another works: it is remembered as bad. */
    | "blame"
    /** Its attachments die young: another kind is tried. */
    | "avoid"
    /** The other kind dies as well, or nothing can be reached: it was not this one's fault. */
    | "absolve"
    /** The other kind lives: this one is left alone for a while. */
    | "demote"
    /** The network is another one than remembered. */
    | "forget"
    /** The connection has carried as much as it may: another one of its kind is to take over. */
    | "rotate";
  kind?: Kind;
}

/**
 * Chooses the transport. A session is created by POST, and polls carry it until something better is READY: what may be
 * better is dialled beside it, and attaches as soon as it is open, one at a time, the best first. What came to nothing
 * while another kind works is remembered, and tried again, rarely. When the current attachment dies, the best kind that
 * is known to work is dialled again, with jitter, and polls are tried beside it a little later.
 *
 * It is pure: it is told what happened and what time it is, in milliseconds, and appends what is to be done; randomness
 * is handed in. fallback/plan.go is the same plan, and both walk conformance/vectors/plan.
 */
export class Plan extends Race {
  readonly #order: readonly Kind[];
  /** The order is the application's, and not the server's to change. */
  readonly #ranked: boolean;
  #offer: readonly Kind[] | undefined;
  #started = false;
  /** The first READY. */
  #begun = 0;
  /** Sessions in a row that were lost young. */
  #losses = 0;
  /** The page is asleep. */
  #resting = false;

  /**
   * order is the kinds that may be used, best first, polls among them; ranked: the server's offer may take kinds out of
   * it but not change their order. random returns uniform numbers in [0, 1).
   */
  constructor(order: readonly Kind[], ranked: boolean, memory: Memory, random: () => number) {
    super(memory, random);
    this.#order = order;
    this.#ranked = ranked;
    this.#choose();
  }

  /** When tick has something to do next, or Infinity. */
  get deadline(): number {
    return Math.min(
      ...[
        this.attemptUntil, this.pollAt, this.retryAt, this.hedgeAt, this.provenAt,
        ...this.allLanes.map((l) => l.until),
        ...(this.carrier ? this.better : []).map((l) => (this.waits(l) ? 0 : l.next)),
        this.renews ? this.rotateAt : 0,
      ].map((at) => at || Infinity),
    );
  }

  /** Works out which kinds may be used. */
  #choose(): void {
    const offer = this.#offer ?? this.#order;
    const [first, second] = this.#ranked ? [this.#order, offer] : [offer, this.#order];
    const common = first.filter((kind) => second.includes(kind));
    // Nothing in common: what the server refuses now it may allow later, and polls always.
    const kinds = this.only ? [this.only] : common[0] ? common : this.#order;
    this.lanes = kinds.map((kind) => this.laneOf(kind));
  }

  /** Says that the next session is opened at another mount: where WebTransport was is not true there. */
  elsewhere(): void {
    this.place = undefined;
    this.memory.networks.forEach((n) => delete n.place);
  }

  /**
   * Begins: a session is created by POST, and what needs no session is dialled beside it. The session after one that was
   * lost waits a moment: a server that ends many at once would meet them all again at once. It waits for longer when
   * sessions are lost one after the other, as they are behind a balancer that brings each request to another server.
   */
  start(now: number, out: Action[]): void {
    const again = this.#started;
    this.place ??= placeOf(this.memory, now);
    if (this.created) {
      this.failures = this.#losses = now < this.#begun + YOUTH ? this.#losses : 0;
      this.#losses++;
    } else if (again) {
      this.failures++; // it was refused
    }
    this.#started = true;
    this.#resting = this.created = this.suspected = this.polling = this.polls = false;
    this.carrier = this.wornLane = undefined;
    this.attempts();
    this.pollAt = this.retryAt = this.hedgeAt = this.provenAt = this.rotateAt = this.barren = 0;
    for (const l of this.allLanes) {
      l.stage = undefined;
      l.until = 0;
      l.next = l.demoted ? l.next : 0;
      l.failed = false;
    }
    if (again) {
      this.retryAt = this.backoff(now);
    } else {
      this.create(now, out);
    }
  }

  /**
   * Says what READY offers, best first, and what it calls the network (PROTOCOL 8.9, 8.12). It is told before ready. What
   * was dialled at another place than WebTransport is offered at came to nothing through nobody's fault.
   */
  welcome(offers: readonly Offer[], network: string, out: Action[]): void {
    this.#offer = offers.map(({ kind }) => kind);
    this.doubtful = false;
    this.#choose();
    if (enter(this.memory, network)) {
      for (const l of this.allLanes) {
        // But not what dies: polls may go by another address than WebSockets, and the network is then called otherwise
        // whenever the kind changes.
        l.next = l.climbs = 0;
        l.proven = l.failed = l.demoted = false;
      }
      out.push({ act: "forget" });
    }
    const wt = this.laneOf(WT);
    const place = offers.find(({ kind }) => kind === WT);
    if (!samePlace(place, this.place)) {
      wt.failed = false;
      if (this.attempt !== wt) { // that one is READY
        this.letGo(wt, out);
      }
    }
    this.place = place;
    confirm(this.memory, place);
    this.#dropUnused(out, this.attempt); // that one is READY
  }

  #dropUnused(out: Action[], but?: Lane): void {
    for (const l of this.allLanes) {
      if (!this.lanes.includes(l) && l !== but) {
        this.letGo(l, out);
      }
    }
  }

  /**
   * Keeps the client on one kind from now on; null lifts it. Nothing else is begun, so a kind that does not work
   * leaves the client without a connection. What it is on is used until the forced kind is READY.
   */
  force(now: number, kind: Kind | null, out: Action[]): void {
    this.only = kind;
    this.failures = this.barren = 0;
    for (const l of this.allLanes) {
      l.next = l.climbs = l.deaths = 0;
      l.failed = false;
    }
    this.#choose();
    this.#dropUnused(out);
    if (!this.created || this.#resting) {
      return;
    }
    this.retryAt = this.hedgeAt = this.provenAt = 0;
    if (this.carrier) {
      this.stay(now, out);
    } else {
      this.retry(now, out);
    }
  }

  /** Says that a dialled connection is open. */
  opened(now: number, kind: Kind, out: Action[]): void {
    const l = this.laneOf(kind);
    if (l.stage === "dialing") {
      l.stage = "open";
      l.until = 0;
      if (this.created && this.current !== POLLS && this.attempt?.kind === POLLS) { // on what is dead, perhaps
        this.attemptUntil = Math.min(this.attemptUntil, now + HEDGE_DELAY);
      }
      this.attachOpen(now, out);
    }
  }

  /** Says that the outstanding attempt is the current attachment now. */
  ready(now: number, kind: Kind, out: Action[]): void {
    const current = this.laneOf(kind);
    if (this.carrier && now >= this.readyAt + INFANCY) {
      this.barren = 0;
    }
    const rotated = current === this.wornLane; // it is as old as the one before
    const lost = this.suspected && !rotated && !this.better.includes(current);
    if (lost) {
      this.fell(now, out);
    }
    if (!this.created) {
      this.#begun = now;
    }
    if (!rotated) {
      this.landed = lost || !this.carrier ? now : this.landed;
      this.readyAt = now;
    }
    this.created = true;
    this.carrier = current;
    this.wornLane = undefined;
    this.failures = 0;
    this.attempts();
    this.suspected = this.polling = this.polls = false;
    this.pollAt = this.retryAt = this.hedgeAt = this.provenAt = this.rotateAt = 0;
    Object.assign(current, { stage: undefined, until: 0, next: 0, climbs: 0, proven: true, failed: false });
    if (kind !== POLLS) {
      works(this.memory, now, kind, this.place);
    }
    const better = this.better;
    for (const l of this.lanes) {
      if (l === current) {
        continue;
      }
      if (!better.includes(l)) {
        this.letGo(l, out);
        l.next = 0;
        l.failed = false;
      } else if (shunned(l)) {
        this.provenAt = this.readyAt + YOUTH;
      } else if (l.failed) {
        this.blame(now, l, out);
      }
    }
    this.stay(now, out);
  }

  /** Says that a creation, a dial or an attempt came to nothing. */
  failed(now: number, kind: Kind, out: Action[]): void {
    const l = this.laneOf(kind);
    // One that was open and waited for its turn did what it could. So did polls when there is nothing else: they are what
    // everything is measured by.
    const fault = (kind !== POLLS || this.carrier) && (l.stage === "dialing" || this.attempt === l);
    const waited = l.stage;
    this.gone(l);
    if (this.carrier) {
      l.failed = false;
      if (l === this.wornLane) { // that is nobody's fault, and the current one is used on
        this.failures++;
        this.rotateAt = this.backoff(now + PROVEN_DELAY);
      }
      if (this.better.includes(l)) {
        if (fault) {
          this.blame(now, l, out);
        } else if (waited) {
          l.next = this.soon(now);
        }
      }
      this.stay(now, out);
      if (!this.suspected || this.attempt || this.hedgeAt) {
        return;
      }
      if (this.polls && this.grounded && now >= this.notBefore) { // they were due when something attached
        this.attach(now, this.laneOf(POLLS), out);
      } else if (!this.dialing) {
        this.failures++;
        this.retryAt = this.backoff(now);
      }
      return;
    }
    l.failed ||= !!fault;
    this.wornLane = l === this.wornLane ? undefined : this.wornLane;
    this.attachOpen(now, out);
    if (!this.attempt && this.polls && this.created && this.grounded && now >= this.notBefore) {
      this.hedge(now, out);
    } else if (!this.attempt && !(this.created && this.dialing) && !this.retryAt) {
      const other = this.other(now);
      if (other) {
        this.dial(now, other, out);
        return;
      }
      this.failures++;
      this.retryAt = this.backoff(now);
      this.hedgeAt = 0;
      this.absolve(out);
    }
  }

  /**
   * Says that the current attachment is gone, though the session is not; carried: a message, or word of one, came through
   * on it. When more than MAX_BARREN in a row die at once without that, the next is waited for longer and longer.
   */
  died(now: number, carried: boolean, out: Action[]): void {
    this.wornLane = undefined;
    this.barren = carried || now >= this.readyAt + INFANCY ? 0 : this.barren + 1;
    this.fell(now, out);
    const wait = this.barren > MAX_BARREN ? ceiling(this.barren - MAX_BARREN) : RECONNECT_MAX;
    this.left(now, out, wait);
  }

  /**
   * Says that the server has closed the current attachment because it has heard of a newer one of ours: the READY of
   * that is on its way. If nothing is, the next attempt is after random(0, wait).
   */
  left(now: number, out: Action[], wait = RECONNECT_MAX): void {
    this.carrier = undefined;
    this.suspected = this.polling = false;
    this.polls = true;
    this.pollAt = this.provenAt = this.rotateAt = 0;
    this.attachOpen(now, out);
    if (!this.attempt && !this.dialing) {
      this.retryAt = this.jitter(now, wait);
      return;
    }
    this.hedgeAt = now + HEDGE_DELAY;
    this.attemptUntil = Math.min(this.attemptUntil, now + HASTY_DEADLINE);
  }

  /**
   * Says that the current connection has carried as much as it may (PROTOCOL 14.10): another one of its kind takes over,
   * and it is used until then. To be told again changes nothing.
   */
  worn(now: number, out: Action[]): void {
    const current = this.carrier;
    if (current && current.kind !== POLLS && !this.wornLane) {
      this.wornLane = current;
      this.rotateAt = now;
      out.push({ act: "rotate", kind: current.kind });
      this.renew(now, out);
    }
  }

  /** Says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4 to 13.6). */
  suspect(now: number, out: Action[]): void {
    const current = this.carrier;
    if (!current) {
      return;
    }
    if (this.attempt && this.attempt === this.wornLane) { // it is no better: something else has to be tried, too
      this.letGo(this.attempt, out);
    }
    if (this.attempt) {
      return;
    }
    this.suspected = true;
    const same = duplex(current) && this.lanes.includes(current);
    if (!same && this.grounded) {
      this.attach(now, this.laneOf(POLLS), out);
      return;
    }
    if (!this.hedgeAt) {
      this.polls = true;
      this.hedgeAt = now + HEDGE_DELAY;
    }
    this.dial(now, same ? current : this.lanes[0]!, out);
  }

  /** Says that the page is put to sleep: everything is let go, nobody is to blame for that, and online ends it. */
  rest(out: Action[]): void {
    for (const l of this.allLanes) {
      this.letGo(l, out);
    }
    if (this.attempt) { // by polls
      out.push({ act: "drop", kind: POLLS });
      this.attempts();
    }
    this.#resting = true;
    this.carrier = this.wornLane = undefined;
    this.suspected = this.polling = false;
    this.pollAt = this.retryAt = this.hedgeAt = this.provenAt = this.rotateAt = 0;
  }

  /** Says that the network changed: waiting has no more reason, and what is remembered of it may be of another one. */
  online(now: number, out: Action[]): void {
    this.failures = this.barren = 0;
    this.doubtful = true;
    if (this.#resting) {
      this.#resting = false;
      this.retryAt = now;
    }
    for (const l of this.allLanes) {
      l.climbs = l.deaths = 0;
      l.demoted = false;
      l.again = l.stage === "dialing";
      l.next &&= now;
    }
    if (this.carrier) {
      this.aim(now); // at those, too, that were to wait until another kind has shown that it lives
    }
    if (this.suspected) { // the same way first: what hedges it may go over something that is dead as well
      this.retryAt = now;
      this.hedgeAt = 0;
    }
    this.retryAt &&= Math.max(now, this.notBefore);
    this.rotateAt &&= Math.max(now, this.notBefore);
    this.hedgeAt &&= now;
    this.tick(now, out);
  }

  /** Says whether anybody looks. What came to nothing is not tried again while nobody does. */
  hide(now: number, hidden: boolean, out: Action[]): void {
    this.unseen = hidden;
    this.tick(now, out);
  }

  /** Says that the server refused with a code that asks for patience (PROTOCOL 12.2); before failed or died. */
  limited(now: number): void {
    this.notBefore = now + LIMITED_DELAY;
  }

  /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
  tick(now: number, out: Action[]): void {
    for (const l of this.allLanes) {
      if (due(l.until, now)) {
        this.#giveUp(now, l, out);
      }
    }
    if (due(this.attemptUntil, now)) {
      this.#giveUp(now, this.attempt!, out);
    }
    if (due(this.pollAt, now)) {
      this.goOn(out);
    }
    if (due(this.provenAt, now)) {
      this.provenAt = 0;
      for (const l of this.better.filter(shunned)) {
        this.demote(now, l, out);
      }
    }
    if (this.carrier) {
      this.climb(now, out);
    }
    if (due(this.retryAt, now)) {
      this.retryAt = 0;
      this.retry(now, out);
    }
    if (due(this.hedgeAt, now)) {
      this.hedgeAt = 0;
      const other = this.other(now);
      if (other) {
        this.dial(now, other, out);
      } else if (this.polls && this.grounded) {
        this.hedge(now, out);
      }
    }
  }

  #giveUp(now: number, { kind }: Lane, out: Action[]): void {
    out.push({ act: "drop", kind });
    this.failed(now, kind, out);
  }
}
