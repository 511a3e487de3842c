import { due, duplex, type Lane, POLLS, shunned, SSE, WS, WT } from "../kind.js";
import { good } from "../memory.js";
import type { Action } from "./action.js";
import {
  ATTACH_DEADLINE, DIAL_DEADLINE, HASTY_DEADLINE, POLL_DELAY, STAGGER_DELAY, STREAM_DEADLINE, STREAM_DELAY, WT_DEADLINE,
} from "./times.js";
import { Verdicts } from "./verdicts.js";

/** The race: what may be better than the current attachment is dialled beside it, and attaches when it is open. */
export abstract class Race extends Verdicts {
  protected create(now: number, out: Action[]): void {
    this.attempts(this.laneOf(POLLS), now + ATTACH_DEADLINE);
    out.push({ act: "create", kind: POLLS });
    for (const l of this.lanes) {
      if (duplex(l) && (l.kind === WS || this.place) && !this.bad(now, l) && !shunned(l)) {
        this.dial(now, l, out);
      }
    }
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
        l.next = this.climbTime(now, l);
      } else if (stream && racing && good(this.memory, now) !== SSE) {
        l.next = Math.max(now, later);
      } else {
        l.next = after;
        racing = true;
        after += STAGGER_DELAY;
      }
    }
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
}
