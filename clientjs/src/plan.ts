import { BAD_FOR, enter, GOOD_FOR, lasts, latest, type Memory } from "./memory.js";

/** The transports of this client. */
export type Kind = "webtransport" | "websocket" | "sse" | "longpoll";

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
    | "forget";
  kind?: Kind;
}

// The plan's times in milliseconds (PROTOCOL 12.2, 14).
const ATTACH_DEADLINE = 5_000;
/** Of an attachment without which there is none. */
const HASTY_DEADLINE = 3_000;
const POLL_DELAY = 150;
const STAGGER_DELAY = 100;
const STREAM_DELAY = 1_500;
const HEDGE_DELAY = 1_000;
const RECONNECT_MAX = 250;
const BACKOFF_BASE = 500;
const BACKOFF_MAX = 30_000;
const LIMITED_DELAY = 5_000;
const YOUTH = 30_000;
const DEMOTION = 480_000;
const PROVEN_DELAY = 1_000;
const PROVEN_JITTER = 2_000;

/**
 * How long a connection may take to open. An event stream is open when its first comment has arrived: if that takes
 * longer, something between the ends gathers what is to flow.
 */
const STREAM_DEADLINE = 2_000;
const DIAL_DEADLINE = 5_000;
const WT_DEADLINE = 3_000;

/** The delays before a kind that came to nothing is tried again, and all after these. */
const CLIMBS = [30_000, 120_000];
const CLIMB_LAST = 480_000;

/**
 * How often in a row an attachment dies young before another kind is tried: two restarts of a server within a minute are
 * no reason to leave a transport, while something that kills it again and again is.
 */
const MAX_DEATHS = 3;

export const WT = "webtransport";
export const WS = "websocket";
export const SSE = "sse";
export const POLLS = "longpoll";

/** One kind of transport, as far as it is not the current attachment. */
interface Lane {
  readonly kind: Kind;
  /** Open: it waits for its turn to attach, or attaches. */
  stage?: "dialing" | "open" | undefined;
  /** While it is dialled: the deadline; else 0. */
  until: number;
  /** When it is tried, while a worse one is current; 0: not planned. */
  next: number;
  /** How often it came to nothing since it worked last. */
  climbs: number;
  /** It was READY in this network, and came to nothing only since nobody could be reached. */
  proven?: boolean;
  /** The network changed while it was dialled: what becomes of that says nothing of the new one. */
  again?: boolean;
  /** It came to nothing since the last READY: that of another one makes it its own fault. */
  failed?: boolean;
  /** In a row, of young attachments. */
  deaths: number;
  /** For dying young, and it has not lived since. */
  demoted?: boolean;
}

const due = (at: number, now: number): boolean => at > 0 && now >= at;
/** It needs no session to be dialled. */
const duplex = ({ kind }: Lane): boolean => kind === WS || kind === WT;
const shunned = ({ deaths }: Lane): boolean => deaths >= MAX_DEATHS;

/**
 * Chooses the transport. A session is created by POST, and polls carry it until something better is READY: what may be
 * better is dialled beside it, and attaches as soon as it is open, one at a time, the best first. What came to nothing
 * while another kind works is remembered, and tried again, rarely. When the current attachment dies, the best kind that
 * is known to work is dialled again, with jitter, and polls are tried beside it a little later.
 *
 * It is pure: it is told what happened and what time it is, in milliseconds, and appends what is to be done; randomness
 * is handed in. fallback/plan.go is the same plan, and both walk conformance/vectors/plan.
 */
export class Plan {
  /** What is to be given to the next plan. */
  readonly memory: Memory;
  readonly #random: () => number;
  readonly #order: readonly Kind[];
  /** The order is the application's, and not the server's to change. */
  readonly #ranked: boolean;
  #offer: readonly Kind[] | undefined;
  #force: Kind | null = null;
  /** Those that may be used, best first: order, offer and force together. */
  #lanes: Lane[] = [];
  readonly #all: Lane[];

  #started = false;
  #created = false;
  #current: Lane | undefined;
  /** When it was READY. */
  #since = 0;
  /** It may be dead: another one is opened beside it. */
  #suspect = false;
  /** The first READY. */
  #begun = 0;
  /** The READY before which there was no connection, or a dead one. */
  #landed = 0;
  /** Rounds of attempts that failed since the last READY. */
  #failures = 0;
  /** Sessions in a row that were lost young. */
  #losses = 0;
  /** The current polls go on. */
  #polling = false;
  /** Polls are still to be tried in this round. */
  #polls = false;
  /** The page is asleep. */
  #resting = false;
  /** Nobody looks: what is not needed waits. */
  #hidden = false;
  /** The network may be another one: what is remembered of it does not count. */
  #doubtful = false;
  /** The HELLO or ATTACH that is outstanding. */
  #attempt: Lane | undefined;

  // When something is to be done; 0 is never.
  #attemptUntil = 0;
  /** The server asked for patience until then. */
  #notBefore = 0;
  /** Polls go on then, unless something better is READY. */
  #pollAt = 0;
  /** Detached: the next round of attempts. */
  #retryAt = 0;
  /** Polls are tried beside the dial. */
  #hedgeAt = 0;
  /** The current kind has then lived where the shunned ones die. */
  #provenAt = 0;

  /**
   * order is the kinds that may be used, best first, polls among them; ranked: the server's offer may take kinds out of
   * it but not change their order. random returns uniform numbers in [0, 1).
   */
  constructor(order: readonly Kind[], ranked: boolean, memory: Memory, random: () => number) {
    this.#order = order;
    this.#ranked = ranked;
    this.memory = memory;
    this.#random = random;
    this.#all = [POLLS, SSE, WS, WT].map((kind) => ({ kind: kind as Kind, until: 0, next: 0, climbs: 0, deaths: 0 }));
    this.#choose();
  }

  /** The kind of the current attachment. */
  get current(): Kind | undefined {
    return this.#current?.kind;
  }

  /** When tick has something to do next, or Infinity. */
  get deadline(): number {
    return Math.min(
      ...[
        this.#attemptUntil, this.#pollAt, this.#retryAt, this.#hedgeAt, this.#provenAt,
        ...this.#all.map((l) => l.until),
        ...(this.#current ? this.#better : []).map((l) => (this.#waits(l) ? 0 : l.next)),
      ].map((at) => at || Infinity),
    );
  }

  /** Works out which kinds may be used. */
  #choose(): void {
    const offer = this.#offer ?? this.#order;
    const [first, second] = this.#ranked ? [this.#order, offer] : [offer, this.#order];
    const common = first.filter((kind) => second.includes(kind));
    // Nothing in common: what the server refuses now it may allow later, and polls always.
    const kinds = this.#force ? [this.#force] : common[0] ? common : this.#order;
    this.#lanes = kinds.map((kind) => this.#lane(kind));
  }

  #lane(kind: Kind): Lane {
    return this.#all.find((l) => l.kind === kind)!;
  }

  get #floor(): boolean {
    return this.#lanes.includes(this.#lane(POLLS));
  }

  /** There is no floor to stand on: what does not work is then tried for ever. */
  get #forced(): boolean {
    return !!this.#force || !this.#floor;
  }

  /** What the client would rather be on, best first. */
  get #better(): Lane[] {
    const i = this.#lanes.indexOf(this.#current!);
    return i < 0 ? this.#lanes : this.#lanes.slice(0, i);
  }

  /** It is remembered as one that does not work here. */
  #bad(now: number, { kind }: Lane): boolean {
    return !this.#forced && !this.#doubtful && lasts(now, this.memory.networks[0]?.bad[kind], GOOD_FOR);
  }

  /**
   * Begins: a session is created by POST, and what needs no session is dialled beside it. The session after one that was
   * lost waits a moment: a server that ends many at once would meet them all again at once. It waits for longer when
   * sessions are lost one after the other, as they are behind a balancer that brings each request to another server.
   */
  start(now: number, out: Action[]): void {
    const again = this.#started;
    if (this.#created) {
      this.#failures = this.#losses = now < this.#begun + YOUTH ? this.#losses : 0;
      this.#losses++;
    } else if (again) {
      this.#failures++; // it was refused
    }
    this.#started = true;
    this.#resting = this.#created = this.#suspect = this.#polling = this.#polls = false;
    this.#current = undefined;
    this.#attempts();
    this.#pollAt = this.#retryAt = this.#hedgeAt = this.#provenAt = 0;
    for (const l of this.#all) {
      l.stage = undefined;
      l.until = 0;
      l.next = l.demoted ? l.next : 0;
      l.failed = false;
    }
    if (again) {
      this.#retryAt = this.#backoff(now);
    } else {
      this.#create(now, out);
    }
  }

  #create(now: number, out: Action[]): void {
    this.#attempts(this.#lane(POLLS), now + ATTACH_DEADLINE);
    out.push({ act: "create", kind: POLLS });
    const first = this.#lanes.find((l) =>
      duplex(l) && (l.kind === WS || this.#offer?.includes(l.kind)) && !this.#bad(now, l) && !shunned(l));
    if (first) {
      this.#dial(now, first, out);
    }
  }

  /** Notes the attempt that is outstanding. */
  #attempts(l?: Lane, until = 0): void {
    this.#attempt = l;
    this.#attemptUntil = until;
  }

  /** Says what READY offers, best first, and what it calls the network (PROTOCOL 8.9, 8.12). It is told before ready. */
  welcome(offer: readonly Kind[] | undefined, network: string, out: Action[]): void {
    this.#offer = offer;
    this.#doubtful = false;
    this.#choose();
    if (enter(this.memory, network)) {
      for (const l of this.#all) {
        // But not what dies: polls may go by another address than WebSockets, and the network is then called otherwise
        // whenever the kind changes.
        l.next = l.climbs = 0;
        l.proven = l.failed = l.demoted = false;
      }
      out.push({ act: "forget" });
    }
    this.#dropUnused(out, this.#attempt); // that one is READY
  }

  #dropUnused(out: Action[], but?: Lane): void {
    for (const l of this.#all) {
      if (!this.#lanes.includes(l) && l !== but) {
        this.#drop(l, out);
      }
    }
  }

  /**
   * Keeps the client on one kind from now on; null lifts it. Nothing else is begun, so a kind that does not work
   * leaves the client without a connection. What it is on is used until the forced kind is READY.
   */
  force(now: number, kind: Kind | null, out: Action[]): void {
    this.#force = kind;
    this.#failures = 0;
    for (const l of this.#all) {
      l.next = l.climbs = l.deaths = 0;
      l.failed = false;
    }
    this.#choose();
    this.#dropUnused(out);
    if (!this.#created || this.#resting) {
      return;
    }
    this.#retryAt = this.#hedgeAt = this.#provenAt = 0;
    if (this.#current) {
      this.#stay(now, out);
    } else {
      this.#retry(now, out);
    }
  }

  /** Says that a dialled connection is open. */
  opened(now: number, kind: Kind, out: Action[]): void {
    const l = this.#lane(kind);
    if (l.stage === "dialing") {
      l.stage = "open";
      l.until = 0;
      this.#attachOpen(now, out);
    }
  }

  /** Says that the outstanding attempt is the current attachment now. */
  ready(now: number, kind: Kind, out: Action[]): void {
    const current = this.#lane(kind);
    const lost = this.#suspect && !this.#better.includes(current);
    if (lost) {
      this.#fell(now, out);
    }
    if (!this.#created) {
      this.#begun = now;
    }
    if (lost || !this.#current) {
      this.#landed = now;
    }
    this.#created = true;
    this.#current = current;
    this.#since = now;
    this.#failures = 0;
    this.#attempts();
    this.#suspect = this.#polling = this.#polls = false;
    this.#pollAt = this.#retryAt = this.#hedgeAt = this.#provenAt = 0;
    Object.assign(current, { stage: undefined, until: 0, next: 0, climbs: 0, proven: true, failed: false });
    if (kind !== POLLS) {
      const network = latest(this.memory);
      network.good = kind;
      network.till = now + GOOD_FOR;
      delete network.bad[kind];
      if (kind === WT) {
        network.misses = 0;
      }
    }
    const better = this.#better;
    for (const l of this.#lanes) {
      if (l === current) {
        continue;
      }
      if (!better.includes(l)) {
        this.#drop(l, out);
        l.next = 0;
        l.failed = false;
      } else if (shunned(l)) {
        this.#provenAt = now + YOUTH;
      } else if (l.failed) {
        this.#blame(now, l, out);
      }
    }
    this.#stay(now, out);
  }

  /** Says that a creation, a dial or an attempt came to nothing. */
  failed(now: number, kind: Kind, out: Action[]): void {
    const l = this.#lane(kind);
    // One that was open and waited for its turn did what it could. So did polls when there is nothing else: they are what
    // everything is measured by.
    const fault = (kind !== POLLS || this.#current) && (l.stage === "dialing" || this.#attempt === l);
    const waited = l.stage;
    this.#gone(l);
    if (this.#current) {
      l.failed = false;
      if (this.#better.includes(l)) {
        if (fault) {
          this.#blame(now, l, out);
        } else if (waited) {
          l.next = this.#soon(now);
        }
      }
      this.#stay(now, out);
      if (this.#suspect && !this.#attempt && !this.#dialing && !this.#hedgeAt) {
        this.#failures++;
        this.#retryAt = this.#backoff(now);
      }
      return;
    }
    l.failed ||= !!fault;
    this.#attachOpen(now, out);
    if (!this.#attempt && this.#polls && this.#created && this.#floor && now >= this.#notBefore) {
      this.#attach(now, this.#lane(POLLS), out);
    } else if (!this.#attempt && !(this.#created && this.#dialing) && !this.#retryAt) {
      this.#failures++;
      this.#retryAt = this.#backoff(now);
      this.#hedgeAt = 0;
      this.#absolve(out);
    }
  }

  get #dialing(): boolean {
    return this.#all.some((l) => l.stage === "dialing");
  }

  /** Says that the current attachment is gone, though the session is not. */
  died(now: number, out: Action[]): void {
    this.#fell(now, out);
    this.left(now, out);
  }

  /**
   * Says that the server has closed the current attachment because it has heard of a newer one of ours: the READY of
   * that is on its way.
   */
  left(now: number, out: Action[]): void {
    this.#current = undefined;
    this.#suspect = this.#polling = false;
    this.#polls = true;
    this.#pollAt = this.#provenAt = 0;
    this.#attachOpen(now, out);
    if (!this.#attempt && !this.#dialing) {
      this.#retryAt = this.#jitter(now, RECONNECT_MAX);
      return;
    }
    this.#hedgeAt = now + HEDGE_DELAY; // something is on its way already
    this.#attemptUntil = Math.min(this.#attemptUntil, now + HASTY_DEADLINE);
  }

  /** Says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4 to 13.6). */
  suspect(now: number, out: Action[]): void {
    const current = this.#current;
    if (!current || this.#attempt) {
      return;
    }
    this.#suspect = true;
    const same = duplex(current) && this.#lanes.includes(current);
    if (!same && this.#floor) {
      this.#attach(now, this.#lane(POLLS), out);
      return;
    }
    if (!this.#hedgeAt) {
      this.#polls = true;
      this.#hedgeAt = now + HEDGE_DELAY;
    }
    this.#dial(now, same ? current : this.#lanes[0]!, out);
  }

  /** Says that the page is put to sleep: everything is let go, nobody is to blame for that, and online ends it. */
  rest(out: Action[]): void {
    for (const l of this.#all) {
      this.#drop(l, out);
    }
    if (this.#attempt) { // by polls
      out.push({ act: "drop", kind: POLLS });
      this.#attempts();
    }
    this.#resting = true;
    this.#current = undefined;
    this.#suspect = this.#polling = false;
    this.#pollAt = this.#retryAt = this.#hedgeAt = this.#provenAt = 0;
  }

  /** Says that the network changed: waiting has no more reason, and what is remembered of it may be of another one. */
  online(now: number, out: Action[]): void {
    this.#failures = 0;
    this.#doubtful = true;
    if (this.#resting) {
      this.#resting = false;
      this.#retryAt = now;
    }
    for (const l of this.#all) {
      l.climbs = l.deaths = 0;
      l.demoted = false;
      l.again = l.stage === "dialing";
      l.next &&= now;
    }
    if (this.#current) {
      this.#aim(now); // at those, too, that were to wait until another kind has shown that it lives
    }
    if (this.#suspect) { // the same way first: what hedges it may go over something that is dead as well
      this.#retryAt = now;
      this.#hedgeAt = 0;
    }
    this.#retryAt &&= Math.max(now, this.#notBefore);
    this.#hedgeAt &&= now;
    this.tick(now, out);
  }

  /** Says whether anybody looks. What came to nothing is not tried again while nobody does. */
  hide(now: number, hidden: boolean, out: Action[]): void {
    this.#hidden = hidden;
    this.tick(now, out);
  }

  /** Says that the server refused with a code that asks for patience (PROTOCOL 12.2); before failed or died. */
  limited(now: number): void {
    this.#notBefore = now + LIMITED_DELAY;
  }

  /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
  tick(now: number, out: Action[]): void {
    for (const l of this.#all) {
      if (due(l.until, now)) {
        this.#giveUp(now, l, out);
      }
    }
    if (due(this.#attemptUntil, now)) {
      this.#giveUp(now, this.#attempt!, out);
    }
    if (due(this.#pollAt, now)) {
      this.#poll(out);
    }
    if (due(this.#provenAt, now)) {
      this.#provenAt = 0;
      for (const l of this.#better.filter(shunned)) {
        this.#demote(now, l, out);
      }
    }
    if (this.#current) {
      this.#climb(now, out);
    }
    if (due(this.#retryAt, now)) {
      this.#retryAt = 0;
      this.#retry(now, out);
    }
    if (due(this.#hedgeAt, now)) {
      this.#hedgeAt = 0;
      if (this.#polls && this.#floor) {
        this.#attach(now, this.#lane(POLLS), out);
      }
    }
  }

  #giveUp(now: number, { kind }: Lane, out: Action[]): void {
    out.push({ act: "drop", kind });
    this.failed(now, kind, out);
  }

  /** Uses the current attachment, and sees to it that what is better is tried. */
  #stay(now: number, out: Action[]): void {
    this.#attachOpen(now, out);
    this.#aim(now);
    this.#climb(now, out);
    if (this.current !== POLLS || this.#polling) {
      return;
    }
    if (this.#better.some((l) => l.stage)) {
      this.#pollAt ||= now + POLL_DELAY;
    } else {
      this.#poll(out);
    }
  }

  /** Lets the polls of the current attachment go on. */
  #poll(out: Action[]): void {
    this.#pollAt = 0;
    if (this.current === POLLS && !this.#polling && this.#floor) {
      this.#polling = true;
      out.push({ act: "poll", kind: POLLS });
    }
  }

  /**
   * Plans when what is better than the current kind is tried, as far as that is not planned: one after the other, an
   * event stream only when the others have had their chance.
   */
  #aim(now: number): void {
    let after = now;
    let racing = false;
    for (const l of this.#better) {
      const stream = l.kind === SSE;
      const later = this.#landed + STREAM_DELAY;
      if (l.stage) {
        racing = true;
        after = now + STAGGER_DELAY;
      } else if (shunned(l) || this.#attempt === l || (l.next && !(stream && l.next === later))) {
        continue;
      } else if (this.#forced) {
        l.next = now;
        if (l.climbs++) {
          this.#failures++;
          l.next = this.#backoff(now);
        }
      } else if (this.#bad(now, l)) {
        l.next = this.#climbTime(now, l);
      } else if (stream && racing && this.#good(now) !== SSE) {
        l.next = Math.max(now, later);
      } else {
        l.next = after;
        racing = true;
        after += STAGGER_DELAY;
      }
    }
  }

  /** What worked last in this network. */
  #good(now: number): Kind | undefined {
    const last = this.memory.networks[0];
    return lasts(now, last?.till, GOOD_FOR) ? last!.good : undefined;
  }

  #climbTime(now: number, l: Lane): number {
    return now + (CLIMBS[l.climbs++] ?? CLIMB_LAST);
  }

  /** It is left alone while nobody looks. */
  #waits(l: Lane): boolean {
    return this.#hidden && !this.#forced && (l.climbs > 0 || !!l.demoted);
  }

  /** Tries what is better and due. */
  #climb(now: number, out: Action[]): void {
    for (const l of this.#better) {
      if (!due(l.next, now) || this.#waits(l)) {
        continue;
      }
      l.next = 0;
      if (l.kind === POLLS) {
        this.#attach(now, l, out);
      } else {
        this.#dial(now, l, out);
      }
    }
  }

  #dial(now: number, l: Lane, out: Action[]): void {
    const { kind, stage } = l;
    if (!stage) {
      l.stage = "dialing";
      l.until = now + (kind === SSE ? STREAM_DEADLINE : kind === WT ? WT_DEADLINE : DIAL_DEADLINE);
      l.failed = l.again = false;
      out.push({ act: "dial", kind });
    }
  }

  /** Gives up what there is of a kind beside the current attachment. */
  #drop(l: Lane, out: Action[]): void {
    if (l.stage) {
      out.push({ act: "drop", kind: l.kind });
      this.#gone(l);
    }
  }

  #gone(l: Lane): void {
    if (this.#attempt === l) {
      this.#attempts();
    }
    l.stage = undefined;
    l.until = 0;
  }

  /** Attaches on the best connection that is open, if no other attempt is outstanding (PROTOCOL 8.6). */
  #attachOpen(now: number, out: Action[]): void {
    const best = this.#lanes.find((l) => l.stage === "open");
    if (this.#created && best) {
      this.#attach(now, best, out);
    }
  }

  /** Makes an attempt, one at a time. */
  #attach(now: number, l: Lane, out: Action[]): void {
    if (this.#attempt) {
      return;
    }
    const { kind } = l;
    let d = ATTACH_DEADLINE;
    if (kind === POLLS) {
      this.#polls = false;
    } else if (kind === SSE) {
      d = STREAM_DEADLINE;
    } else if (!this.#current && this.#polls && this.#floor) {
      d = HASTY_DEADLINE;
    }
    this.#attempts(l, now + d);
    out.push({ act: "attach", kind });
  }

  /**
   * Begins a round of attempts of a client without a connection: the best kind that is known to work, and polls beside
   * it a little later.
   */
  #retry(now: number, out: Action[]): void {
    if (this.#current && this.#suspect) {
      this.suspect(now, out);
      return;
    }
    if (this.#current || this.#attempt) {
      return;
    }
    if (!this.#created) {
      this.#create(now, out);
      return;
    }
    // The kind to come back on.
    const l = this.#lanes.find((l) =>
      l.kind === POLLS || (l.proven && !shunned(l) && l.next <= now && !this.#bad(now, l))) ?? this.#lanes[0]!;
    if (l.kind !== POLLS) {
      this.#polls = true;
      this.#hedgeAt = now + HEDGE_DELAY;
    }
    if (l.kind === POLLS || l.stage === "open") {
      this.#attach(now, l, out);
    } else {
      this.#dial(now, l, out);
    }
  }

  /** Full jitter: nobody's clients come back at the same time. */
  #backoff(now: number): number {
    return this.#jitter(now, Math.min(BACKOFF_BASE * 2 ** this.#failures, BACKOFF_MAX));
  }

  #jitter(now: number, ceiling: number): number {
    return Math.max(now, this.#notBefore) + Math.floor(this.#random() * ceiling);
  }

  /** When something is tried again that need not be at fault. */
  #soon(now: number): number {
    return this.#jitter(now + PROVEN_DELAY, PROVEN_JITTER);
  }

  /**
   * Notes that a kind came to nothing although another one works. One that worked in this network before is given
   * another chance soon: the server may just have come back.
   */
  #blame(now: number, l: Lane, out: Action[]): void {
    const { kind } = l;
    l.failed = false;
    if (this.#forced) {
      l.climbs++; // aim tries it again
    } else if (l.again) {
      l.next = now;
    } else if (l.proven) {
      l.proven = false;
      l.next = this.#soon(now);
    } else {
      l.next = this.#climbTime(now, l);
      const network = latest(this.memory);
      // An hour; if it is WebTransport, twice as long each time, up to a day.
      const times = kind === WT ? 2 ** Math.min(network.misses ?? 0, 5) : 1;
      network.bad[kind] = now + Math.min(BAD_FOR * times, GOOD_FOR);
      if (kind === WT) {
        network.misses = (network.misses ?? 0) + 1;
      }
      out.push({ act: "blame", kind });
    }
  }

  /**
   * Judges the end of the current attachment. One that was young may have been killed by something that does not like its
   * kind; that counts only if another kind then lives.
   */
  #fell(now: number, out: Action[]): void {
    const l = this.#current!;
    if (this.#forced) {
      return;
    }
    if (now >= this.#since + YOUTH) {
      l.deaths = 0;
      l.demoted = false;
    } else if (this.#provenAt) {
      this.#absolve(out); // it was to show that it lives
    } else if (l.kind !== POLLS) {
      if (l.demoted) {
        this.#demote(now, l, out);
      } else {
        l.deaths++;
        if (shunned(l)) {
          out.push({ act: "avoid", kind: l.kind });
        }
      }
    }
  }

  /** Says that it was nobody's fault. */
  #absolve(out: Action[]): void {
    for (const l of this.#all) {
      if (shunned(l)) {
        out.push({ act: "absolve", kind: l.kind });
      }
      l.deaths = 0;
      l.failed = false;
    }
  }

  /** Leaves a kind alone for a while. If it dies young after that, it does not get two more chances. */
  #demote(now: number, l: Lane, out: Action[]): void {
    const { kind } = l;
    l.deaths = 0;
    l.demoted = true;
    l.next = latest(this.memory).bad[kind] = now + DEMOTION;
    out.push({ act: "demote", kind });
  }
}
