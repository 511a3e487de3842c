import { report } from "./errors.js";

type Listener = (...args: never[]) => unknown;

/** Options of a listener. */
export interface ListenOptions {
  /** Takes the listener away when it aborts. */
  signal?: AbortSignal | undefined;
}

/** Listeners by name. A function listens once, however often it is added. */
export class Emitter {
  /** By name, each with the registration that takes it away. */
  readonly #listeners = new Map<string, Map<Listener, () => void>>();

  /** Adds a listener, and returns what takes it away. */
  on(name: string, listener: Listener, { signal }: ListenOptions = {}): () => void {
    const listeners = this.#listeners.get(name) ?? new Map();
    const off = (): void => {
      signal?.removeEventListener("abort", off);
      if (listeners.get(listener) === off) { // else it was added again
        listeners.delete(listener);
      }
    };
    if (!signal?.aborted) {
      this.#listeners.set(name, listeners.set(listener, off));
      signal?.addEventListener("abort", off);
    }
    return off;
  }

  /** Calls the listeners of a name. What they return is not awaited. False: there are none. */
  emit(name: string, ...args: unknown[]): boolean {
    const listeners = [...(this.#listeners.get(name)?.keys() ?? [])];
    for (const listener of listeners) {
      try {
        listener(...(args as never[]));
      } catch (e) {
        report(e);
      }
    }
    return listeners.length > 0;
  }
}

/** An EventTarget whose events are known. */
export interface TypedTarget<Events> extends EventTarget {
  addEventListener<K extends keyof Events>(
    type: K, listener: (event: Events[K]) => unknown, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof Events>(
    type: K, listener: (event: Events[K]) => unknown, options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions,
  ): void;
}

/** Dispatches an event with members of its own. */
export function fire(target: EventTarget, type: string, detail?: object): void {
  target.dispatchEvent(Object.assign(new Event(type), detail));
}
