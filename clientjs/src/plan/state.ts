import { type Kind, type Lane, POLLS, SSE, WS, WT } from "../kind.js";
import type { Offer } from "../link.js";
import type { Memory } from "../memory.js";
import { ceiling, PROVEN_DELAY, PROVEN_JITTER } from "./times.js";

/** What a plan knows. */
export abstract class State {
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
  /** The first READY of the session. */
  protected begun = 0;
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

  /** Notes the attempt that is outstanding. */
  protected attempts(l?: Lane, until = 0): void {
    this.attempt = l;
    this.attemptUntil = until;
  }

  protected get dialing(): boolean {
    return this.allLanes.some((l) => l.stage === "dialing");
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
}
