import { WeftError } from "./errors.js";
import { TIMEOUT } from "./frame/code.js";

interface Call {
  resolve(data: unknown): void;
  reject(error: unknown): void;
  /** In milliseconds of the driver's clock; Infinity is never. */
  readonly until: number;
}

/** Calls to the server that have no answer yet. Deadlines share one timer, so there is none per call. */
export class Calls {
  readonly #calls = new Map<number, Call>();
  readonly #cancel: (id: number) => void;
  /** No deadline is before it. */
  deadline = Infinity;

  /** cancel is called for a call that is given up. */
  constructor(cancel: (id: number) => void) {
    this.#cancel = cancel;
  }

  add(id: number, call: Call): void {
    this.#calls.set(id, call);
    this.deadline = Math.min(this.deadline, call.until);
  }

  resolve(id: number, data: unknown): void {
    this.#take(id)?.resolve(data);
  }

  reject(id: number, error: unknown): void {
    this.#take(id)?.reject(error);
  }

  /** Rejects a call, and tells the server if it still runs. */
  giveUp(id: number, error: unknown): void {
    const call = this.#take(id);
    if (call) {
      this.#cancel(id);
      call.reject(error);
    }
  }

  rejectAll(error: unknown): void {
    for (const id of [...this.#calls.keys()]) {
      this.reject(id, error);
    }
    this.deadline = Infinity;
  }

  tick(now: number): void {
    if (now < this.deadline) {
      return;
    }
    this.deadline = Infinity;
    for (const [id, { until }] of [...this.#calls]) {
      if (now >= until) {
        this.giveUp(id, new WeftError(TIMEOUT, "no answer in time"));
      } else {
        this.deadline = Math.min(this.deadline, until);
      }
    }
  }

  #take(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }
}
