import type { Frame } from "../frame/frame.js";
import type { Time } from "./core.js";

/** What an end knows about the path. A time is Infinity when there is none. */
export class Liveness {
  /** Server: READY is to be written first. */
  ready: (() => Frame) | undefined;
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
  /** Client: when a path that has carried nothing since READY is asked. */
  prove: Time = Infinity;
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
    this.detached = this.pingAt = this.suspect = this.prove = this.sentAt = Infinity;
  }

  hear(now: Time): void {
    this.heard = now;
    this.suspect = this.prove = Infinity;
  }

  /** Has a PING written; the path becomes suspicious at until unless something is heard. */
  ask(until: Time): void {
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
    }
  }
}
