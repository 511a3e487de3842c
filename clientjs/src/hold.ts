import { HELD } from "./limits.js";

/**
 * How long polls may be held. Something between the ends may cut what is silent for long: a time that two polls did not
 * survive, and none between them did, is stayed below from then on.
 */
export class Hold {
  /** In milliseconds; Infinity leaves it to the server. */
  ms = Infinity;
  /** After how long a poll was cut; 0 is never. */
  #cut = 0;

  /** Takes note of a poll that was answered, or failed, after so many milliseconds. Failing soon says nothing. */
  took(ms: number, answered: boolean): void {
    if (answered) {
      this.#cut = ms > this.#cut ? 0 : this.#cut;
    } else if (ms > HELD && this.#cut) {
      this.ms = Math.min(this.ms, Math.floor(Math.min(this.#cut, ms) * 0.8));
      this.#cut = 0;
    } else if (ms > HELD) {
      this.#cut = ms;
    }
  }
}
