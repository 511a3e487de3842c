import { LONGEST, LOOK, SLEPT, STALE } from "./limits.js";
import { hidden } from "./page.js";

/** The time in milliseconds: that of the wall when the page was loaded, and steady from then on. */
export const clock = (): number => Math.floor(performance.timeOrigin + performance.now());

/** The one timer for all deadlines of a driver. It notices that the machine slept. */
export class Timer {
  readonly #tick: () => void;
  readonly #slept: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #armed = Infinity;
  /** When it is due, as a time of day: that goes on while the machine sleeps, and the clock may not. */
  #due = 0;

  /** tick is called when it is due; slept a little later, when that was long ago. */
  constructor(tick: () => void, slept: () => void) {
    this.#tick = tick;
    this.#slept = slept;
  }

  /** Arms it, for LOOK at the latest in a page that is visible. If it is armed for an earlier moment that stays. */
  arm(now: number, at: number): void {
    at = hidden() === false ? Math.min(at, now + LOOK) : at;
    if (at < this.#armed) {
      this.disarm();
      this.#armed = at;
      const delay = Math.min(at - now, LONGEST);
      this.#due = Date.now() + delay;
      this.#timer = setTimeout(this.#fire, delay);
    }
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#armed = Infinity;
  }

  readonly #fire = (): void => {
    this.#armed = Infinity;
    if (Date.now() > this.#due + SLEPT) {
      setTimeout(this.#slept, STALE);
    }
    this.#tick();
  };
}
