import { due, type Kind, type Lane, POLLS, shunned, WT } from "../kind.js";
import type { Offer } from "../link.js";
import { confirm, enter, type Memory, placeOf, samePlace } from "../memory.js";
import type { Action } from "./action.js";
import { Outcomes } from "./outcomes.js";
import { LIMITED_DELAY, YOUTH } from "./times.js";

/**
 * Chooses the transport. A session is created by POST, and polls carry it until something better is READY: what may be
 * better is dialled beside it, and attaches as soon as it is open, one at a time, the best first. What came to nothing
 * while another kind works is remembered, and tried again, rarely. When the current attachment dies, the best kind that
 * is known to work is dialled again, with jitter, and polls are tried beside it a little later.
 *
 * It is pure: it is told what happened and what time it is, in milliseconds, and appends what is to be done; randomness
 * is handed in. fallback/plan.go is the same plan, and both walk conformance/vectors/plan.
 */
export class Plan extends Outcomes {
  readonly #order: readonly Kind[];
  /** The order is the application's, and not the server's to change. */
  readonly #ranked: boolean;
  #offer: readonly Kind[] | undefined;
  #started = false;
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
      this.failures = this.#losses = now < this.begun + YOUTH ? this.#losses : 0;
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
