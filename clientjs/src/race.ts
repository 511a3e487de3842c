import { due, duplex, type Kind, type Lane, POLLS, shunned, SSE, WS, WT } from "./kind.js";
import type { Offer } from "./link.js";
import { blames, fails, good, isBad, type Memory } from "./memory.js";
import type { Action } from "./plan.js";

// The plan's times in milliseconds (PROTOCOL 12.2, 14).
const ATTACH_DEADLINE = 5_000;
/** Of an attachment without which there is none. */
export const HASTY_DEADLINE = 3_000;
const POLL_DELAY = 150;
const STAGGER_DELAY = 100;
const STREAM_DELAY = 1_500;
export const HEDGE_DELAY = 1_000;
const BACKOFF_BASE = 500;
const BACKOFF_MAX = 30_000;
export const YOUTH = 30_000;
export const MAX_BARREN = 3;
const DEMOTION = 480_000;
export const PROVEN_DELAY = 1_000;
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

/** The longest time to wait after so many failures. */
export const ceiling = (failures: number): number => Math.min(BACKOFF_BASE * 2 ** failures, BACKOFF_MAX);

/**
 * What a plan knows, and how it moves the client between kinds: up, when something better may work; back, when it has lost
 * its connection; and away from what does not work.
 */
export abstract class Race {
  /** What is to be given to the next plan. */
  readonly memory: Memory;
  readonly #random: () => number;
  /** What is forced. */
  protected only: Kind | null = null;
  /** Those that may be used, best first: order, offer and force together. */
  protected lanes: Lane[] = [];
  protected readonly allLanes: Lane[];
  /** Where WebTransport is dialled: as READY said last, or as it is remembered. */
  protected place: Offer | undefined;
  /** There is a session. */
  protected created = false;
  /** The kind of the current attachment. */
  protected carrier: Lane | undefined;
  /** When it was READY. */
  protected readyAt = 0;
  /** It may be dead: another one is opened beside it. */
  protected suspected = false;
  /** The READY before which there was no connection, or a dead one. */
  protected landed = 0;
  /** Rounds of attempts that failed since the last READY. */
  protected failures = 0;
  /** Attachments in a row that died at once, with nothing come through. */
  protected barren = 0;
  /** The current polls go on. */
  protected polling = false;
  /** Polls are still to be tried in this round. */
  protected polls = false;
  /** Nobody looks: what is not needed waits. */
  protected unseen = false;
  /** The network may be another one: what is remembered of it does not count. */
  protected doubtful = false;
  /** That of the current connection, if it is to be replaced by another of its kind. */
  protected wornLane: Lane | undefined;
  /** The HELLO or ATTACH that is outstanding. */
  protected attempt: Lane | undefined;
  // When something is to be done; 0 is never.
  protected attemptUntil = 0;
  /** The server asked for patience until then. */
  protected notBefore = 0;
  /** Polls go on then, unless something better is READY. */
  protected pollAt = 0;
  /** Detached: the next round of attempts. */
  protected retryAt = 0;
  /** Polls are tried beside the dial. */
  protected hedgeAt = 0;
  /** The current kind has then lived where the shunned ones die. */
  protected provenAt = 0;
  /** What is worn is dialled then, beside the current connection, unless it is already. */
  protected rotateAt = 0;

  constructor(memory: Memory, random: () => number) {
    this.memory = memory;
    this.#random = random;
    this.allLanes = [POLLS, SSE, WS, WT].map((kind) => ({ kind: kind as Kind, until: 0, next: 0, climbs: 0, deaths: 0 }));
  }

  /** Says that the current attachment may be dead: another is opened beside it. */
  abstract suspect(now: number, out: Action[]): void;

  /** The kind of the current attachment. */
  get current(): Kind | undefined {
    return this.carrier?.kind;
  }

  protected laneOf(kind: Kind): Lane {
    return this.allLanes.find((l) => l.kind === kind)!;
  }

  protected get grounded(): boolean {
    return this.lanes.includes(this.laneOf(POLLS));
  }

  /** There is no floor to stand on: what does not work is then tried for ever. */
  protected get forced(): boolean {
    return !!this.only || !this.grounded;
  }

  /** What the client would rather be on, best first. */
  protected get better(): Lane[] {
    const i = this.lanes.indexOf(this.carrier!);
    return i < 0 ? this.lanes : this.lanes.slice(0, i);
  }

  /** It is remembered as one that does not work here. */
  protected bad(now: number, { kind }: Lane): boolean {
    return !this.forced && !this.doubtful && isBad(this.memory, now, kind);
  }

  protected create(now: number, out: Action[]): void {
    this.attempts(this.laneOf(POLLS), now + ATTACH_DEADLINE);
    out.push({ act: "create", kind: POLLS });
    for (const l of this.lanes) {
      if (duplex(l) && (l.kind === WS || this.place) && !this.bad(now, l) && !shunned(l)) {
        this.dial(now, l, out);
      }
    }
  }

  /** Notes the attempt that is outstanding. */
  protected attempts(l?: Lane, until = 0): void {
    this.attempt = l;
    this.attemptUntil = until;
  }

  protected get dialing(): boolean {
    return this.allLanes.some((l) => l.stage === "dialing");
  }

  /** Uses the current attachment, and sees to it that what is better is tried. */
  protected stay(now: number, out: Action[]): void {
    this.attachOpen(now, out);
    this.aim(now);
    this.climb(now, out);
    if (this.current !== POLLS || this.polling) {
      return;
    }
    if (this.better.some((l) => l.stage)) {
      this.pollAt ||= now + POLL_DELAY;
    } else {
      this.goOn(out);
    }
  }

  /** Lets the polls of the current attachment go on. */
  protected goOn(out: Action[]): void {
    this.pollAt = 0;
    if (this.current === POLLS && !this.polling && this.grounded) {
      this.polling = true;
      out.push({ act: "poll", kind: POLLS });
    }
  }

  /**
   * Plans when what is better than the current kind is tried, as far as that is not planned: one after the other, an
   * event stream only when the others have had their chance.
   */
  protected aim(now: number): void {
    let after = now;
    let racing = false;
    for (const l of this.better) {
      const stream = l.kind === SSE;
      const later = this.landed + STREAM_DELAY;
      if (l.stage) {
        racing = true;
        after = now + STAGGER_DELAY;
      } else if (shunned(l) || this.attempt === l || (l.next && !(stream && l.next === later))) {
        continue;
      } else if (this.forced) {
        l.next = now;
        if (l.climbs++) {
          this.failures++;
          l.next = this.backoff(now);
        }
      } else if (this.bad(now, l)) {
        l.next = this.#climbTime(now, l);
      } else if (stream && racing && good(this.memory, now) !== SSE) {
        l.next = Math.max(now, later);
      } else {
        l.next = after;
        racing = true;
        after += STAGGER_DELAY;
      }
    }
  }

  #climbTime(now: number, l: Lane): number {
    return now + (CLIMBS[l.climbs++] ?? CLIMB_LAST);
  }

  /** It is left alone while nobody looks. */
  protected waits(l: Lane): boolean {
    return this.unseen && !this.forced && (l.climbs > 0 || !!l.demoted);
  }

  /** The current connection is worn, and what is to replace it has yet to be dialled. */
  protected get renews(): boolean {
    const worn = this.wornLane;
    return !!this.rotateAt && !worn!.stage && this.lanes.includes(worn!);
  }

  /** Dials what is to replace a connection that is worn, if that is due. */
  protected renew(now: number, out: Action[]): void {
    if (this.renews && now >= this.rotateAt) {
      this.dial(now, this.wornLane!, out);
    }
  }

  /** Tries what is better and due. */
  protected climb(now: number, out: Action[]): void {
    this.renew(now, out);
    for (const l of this.better) {
      if (!due(l.next, now) || this.waits(l)) {
        continue;
      }
      l.next = 0;
      if (l.kind === POLLS) {
        this.attach(now, l, out);
      } else {
        this.dial(now, l, out);
      }
    }
  }

  protected dial(now: number, l: Lane, out: Action[]): void {
    const { kind, stage } = l;
    if (!stage) {
      l.stage = "dialing";
      l.until = now + (kind === SSE ? STREAM_DEADLINE : kind === WT ? WT_DEADLINE : DIAL_DEADLINE);
      l.failed = l.again = false;
      out.push({ act: "dial", kind });
    }
  }

  /** Gives up what there is of a kind beside the current attachment. */
  protected letGo(l: Lane, out: Action[]): void {
    if (l.stage) {
      out.push({ act: "drop", kind: l.kind });
      this.gone(l);
    }
  }

  protected gone(l: Lane): void {
    if (this.attempt === l) {
      this.attempts();
    }
    l.stage = undefined;
    l.until = 0;
  }

  /** Attaches on the best connection that is open, if no other attempt is outstanding (PROTOCOL 8.6). */
  protected attachOpen(now: number, out: Action[]): void {
    const best = this.lanes.find((l) => l.stage === "open");
    if (this.created && best) {
      this.attach(now, best, out);
    }
  }

  /** Makes an attempt, one at a time. */
  protected attach(now: number, l: Lane, out: Action[]): void {
    if (this.attempt) {
      return;
    }
    const { kind } = l;
    let d = ATTACH_DEADLINE;
    if (kind === POLLS) {
      this.polls = false;
    } else if (kind === SSE) {
      d = STREAM_DEADLINE;
    } else if (!this.carrier && this.polls && this.grounded) {
      d = HASTY_DEADLINE;
    }
    this.attempts(l, now + d);
    out.push({ act: "attach", kind });
  }

  /**
   * Begins a round of attempts of a client without a connection: the best kind that is known to work, and polls beside
   * it a little later.
   */
  protected retry(now: number, out: Action[]): void {
    if (this.attempt || (this.carrier && !this.suspected)) {
      return;
    }
    if (this.carrier) {
      this.suspect(now, out);
      return;
    }
    if (!this.created) {
      this.create(now, out);
      return;
    }
    // The kind to come back on.
    const l = this.lanes.find((l) =>
      l.kind === POLLS || (l.proven && !shunned(l) && l.next <= now && !this.bad(now, l))) ?? this.lanes[0]!;
    if (l.kind !== POLLS) {
      this.polls = true;
      this.hedgeAt = now + HEDGE_DELAY;
    }
    if (l.kind === POLLS || l.stage === "open") {
      this.attach(now, l, out);
    } else {
      this.dial(now, l, out);
    }
  }

  /**
   * The next kind to dial of a client that has no floor to stand on: each has its turn before the first one's next
   * (PROTOCOL 14.7).
   */
  protected other(now: number): Lane | undefined {
    return this.created && !this.grounded && now >= this.notBefore
      ? this.lanes.find((l) => l !== this.carrier && !l.failed && !l.stage)
      : undefined;
  }

  /**
   * Attaches by polling. Beside it WebSocket is dialled, where it was WebTransport that was to come back: its path may be
   * the one that is dead, and polls go over connections that were there before and may be as dead.
   */
  protected hedge(now: number, out: Action[]): void {
    this.attach(now, this.laneOf(POLLS), out);
    const first = this.laneOf(WT);
    const next = this.laneOf(WS);
    if ((first.stage || first.failed || this.carrier === first) &&
      this.lanes.includes(next) && !shunned(next) && next.next <= now && !this.bad(now, next)) {
      this.dial(now, next, out);
    }
  }

  /** Full jitter: nobody's clients come back at the same time. */
  protected backoff(now: number): number {
    return this.jitter(now, ceiling(this.failures));
  }

  protected jitter(now: number, ceiling: number): number {
    return Math.max(now, this.notBefore) + Math.floor(this.#random() * ceiling);
  }

  /** When something is tried again that need not be at fault. */
  protected soon(now: number): number {
    return this.jitter(now + PROVEN_DELAY, PROVEN_JITTER);
  }

  /**
   * Notes that a kind came to nothing although another one works. One that worked in this network before is given
   * another chance soon: the server may just have come back.
   */
  protected blame(now: number, l: Lane, out: Action[]): void {
    const { kind } = l;
    l.failed = false;
    if (this.forced) {
      l.climbs++; // aim tries it again
    } else if (l.again) {
      l.next = now;
    } else if (l.proven) {
      l.proven = false;
      l.next = this.soon(now);
    } else {
      l.next = this.#climbTime(now, l);
      blames(this.memory, now, kind);
      out.push({ act: "blame", kind });
    }
  }

  /**
   * Judges the end of the current attachment. One that was young may have been killed by something that does not like its
   * kind; that counts only if another kind then lives. Where nothing comes through on one after
   * the other, that excuses nobody: polls are reached.
   */
  protected fell(now: number, out: Action[]): void {
    const l = this.carrier!;
    if (this.forced) {
      return;
    }
    if (now >= this.readyAt + YOUTH) {
      l.deaths = 0;
      l.demoted = false;
    } else if (this.provenAt && (this.barren <= MAX_BARREN || l.kind === POLLS)) {
      this.absolve(out); // it was to show that it lives
    } else if (l.kind !== POLLS) {
      if (l.demoted) {
        this.demote(now, l, out);
      } else {
        l.deaths++;
        if (shunned(l)) {
          out.push({ act: "avoid", kind: l.kind });
        }
      }
    }
  }

  /** Says that it was nobody's fault. */
  protected absolve(out: Action[]): void {
    for (const l of this.allLanes) {
      if (shunned(l)) {
        out.push({ act: "absolve", kind: l.kind });
      }
      l.deaths = 0;
      l.failed = false;
    }
  }

  /** Leaves a kind alone for a while. If it dies young after that, it does not get two more chances. */
  protected demote(now: number, l: Lane, out: Action[]): void {
    const { kind } = l;
    l.deaths = 0;
    l.demoted = true;
    l.next = fails(this.memory, now, kind, DEMOTION);
    out.push({ act: "demote", kind });
  }
}
