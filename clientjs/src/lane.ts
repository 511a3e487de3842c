import { type Client, CLIENT_DEFAULTS } from "./core/client.js";
import type { Window } from "./core/core.js";
import { Item } from "./core/item.js";
import { Latest } from "./core/latest.js";
import type { Message } from "./frame/message.js";

const { volatile: messages, receive: { bytes } } = CLIENT_DEFAULTS;
/** How many volatile messages wait beside those in order (PROTOCOL 17.6). */
export const ASIDE: Window = { messages, bytes };

/** A message that was received and is not consumed. A volatile one has seq 0. */
export interface Arrival {
  readonly core: Client;
  readonly seq: number;
  readonly message: Message;
  /** The decoded payload. */
  readonly data: unknown;
}

/**
 * Messages that are handled in order, one after the other: the direct ones, or those of one topic. It begins closed, so
 * that what arrives before the application listens is not lost but waits, unconsumed, within the window. Volatile
 * messages wait beside them, bounded, and are handled when none of the others can be (PROTOCOL 17.6).
 */
export class Lane {
  readonly #queue: Arrival[] = [];
  readonly #latest = new Latest();
  readonly #accept: (a: Arrival) => boolean;
  readonly #settled: () => void;
  #open = false;
  #draining = false;

  /** accept handles a message, or says no: it is offered again by drain. settled is called when some were consumed. */
  constructor(accept: (a: Arrival) => boolean, settled: () => void) {
    this.#accept = accept;
    this.#settled = settled;
  }

  push(a: Arrival): void {
    this.#queue.push(a);
    this.drain();
  }

  /** Takes the latest value of a key. */
  hold(key: string, a: Arrival): void {
    this.#latest.put(key, new Item(a.message, a), ASIDE);
    this.drain();
  }

  /**
   * Opens it: by queueMicrotask, when the code that is running now has finished, since it may add more listeners; by
   * setTimeout, one macrotask later.
   */
  open(when: (open: () => void) => unknown): void {
    when(() => {
      this.#open = true;
      this.drain();
    });
  }

  /** Handles what waits, as far as it is accepted. */
  drain(): void {
    if (!this.#open || this.#draining) {
      return;
    }
    this.#draining = true;
    let consumed = false;
    for (let a; (a = this.#queue[0]) && this.#accept(a); consumed = true) {
      this.#queue.shift();
      a.core.consumed(a.seq);
    }
    for (let v; (v = this.#latest.take()); ) {
      this.#accept(v.item.tag as Arrival);
    }
    this.#draining = false;
    if (consumed) {
      this.#settled();
    }
  }
}
