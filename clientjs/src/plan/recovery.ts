import { duplex, type Lane, POLLS, shunned, WS, WT } from "../kind.js";
import type { Action } from "./action.js";
import { Race } from "./race.js";
import { ceiling, HASTY_DEADLINE, HEDGE_DELAY, INFANCY, MAX_BARREN, RECONNECT_MAX } from "./times.js";

/** The way back, when the current attachment is dead, or may be. */
export abstract class Recovery extends Race {
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
}
