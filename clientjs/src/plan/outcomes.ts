import { type Kind, POLLS, shunned } from "../kind.js";
import { works } from "../memory.js";
import type { Action } from "./action.js";
import { Recovery } from "./recovery.js";
import { HEDGE_DELAY, INFANCY, PROVEN_DELAY, YOUTH } from "./times.js";

/** What becomes of dials, attempts and connections that have served their time. */
export abstract class Outcomes extends Recovery {
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
      this.begun = now;
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
}
