import type { Frame } from "../frame/frame.js";
import type { Time } from "./core.js";

// Why a path may be dead; of two reasons, the greater one counts.
/** What was sent is not received: word of that clears it, whatever brings it. */
export const UNRECEIVED = 1;
/** Nothing has arrived since READY. */
export const UNPROVEN = 2;
/** Time may have passed unnoticed, which says nothing of the path. */
export const WOKEN = 3;

/** What an end knows about the path. A time is Infinity when there is none. */
export class Liveness {
  /** Server: READY is to be written first. */
  ready: (() => Frame) | undefined;
  /** Server: GOAWAY is to be written. */
  move: ((now: Time) => Frame) | undefined;
  /** Polls: no PING from the server. */
  pulled = false;

  /** The last frame from the peer. */
  heard: Time = 0;
  /** The last batch to it. */
  wrote: Time = 0;
  /** Since when there is no binding, after there was one. */
  detached: Time = Infinity;
  /** Client: since when something sent is not received, without progress. */
  sentAt: Time = Infinity;
  /** Client: when the path becomes suspicious. */
  suspect: Time = Infinity;
  /** Client: of suspect. */
  why = UNRECEIVED;
  /** Client: when a path that has carried nothing since READY is asked. */
  prove: Time = Infinity;
  /** Client: when the answer to a POST is overdue. */
  owed: Time = Infinity;
  /** Client: suspicions in a row behind which nothing came through, and no PONG. */
  doubts = 0;
  /** Client: what had come through at the last one. */
  through = 0;
  /** Smoothed round trip of PING; 0 when it was not measured yet. */
  srtt: Time = 0;

  /** PING is to be written. */
  ping = false;
  pingNonce = 0;
  /** When the PING that is unanswered was written. */
  pingAt: Time = Infinity;
  /** PONG is to be written, with this nonce. */
  pong: number | undefined;

  attach(now: Time, pulled: boolean): void {
    this.pulled = pulled;
    this.heard = this.wrote = now;
    this.ping = false;
    this.pong = undefined;
    this.detached = this.pingAt = this.suspect = this.prove = this.owed = this.sentAt = Infinity;
  }

  hear(now: Time): void {
    this.heard = now;
    this.suspect = this.prove = Infinity;
  }

  /** Has a PING written; the path becomes suspicious at until unless something is heard. */
  ask(until: Time, why: number): void {
    this.why = this.suspect < Infinity ? Math.max(why, this.why) : why;
    this.ping = true;
    this.suspect = until;
    this.prove = Infinity;
  }

  answered(now: Time, nonce: number): void {
    if (nonce === this.pingNonce && this.pingAt < Infinity) {
      const rtt = now - this.pingAt;
      this.srtt ||= rtt;
      this.srtt += Math.trunc((rtt - this.srtt) / 8);
      this.pingAt = Infinity;
      this.doubts = 0;
    }
  }
}
