import type { Window } from "./core.js";
import type { Item } from "./item.js";

/**
 * Holds the latest message per key, and gives the keys their turns in the order in which they came: one that is replaced
 * keeps its place, so that a busy key cannot starve the others.
 */
export class Latest {
  readonly items = new Map<string, Item>();
  /** Of the messages and their keys. */
  bytes = 0;
  /** How many were dropped to keep a limit, or by clear. Replaced ones are not among them. */
  dropped = 0;

  /**
   * Holds a message in the place of the one that its key had. Beyond the limit, of keys and bytes, those that have waited
   * longest are dropped, but never this one.
   */
  put(key: string, item: Item, { messages, bytes }: Window): void {
    this.bytes += sizeWith(key, item) - sizeWith(key, this.items.get(key));
    this.items.set(key, item);
    for (const oldest of this.items.keys()) {
      if (this.items.size <= messages && this.bytes <= bytes) {
        break;
      }
      if (oldest !== key) {
        this.#remove(oldest);
        this.dropped++;
      }
    }
  }

  /** Removes the message whose turn it is. */
  take(): { key: string; item: Item } | undefined {
    for (const [key, item] of this.items) {
      this.#remove(key);
      return { key, item };
    }
    return undefined;
  }

  clear(): void {
    this.dropped += this.items.size;
    this.items.clear();
    this.bytes = 0;
  }

  #remove(key: string): void {
    this.bytes -= sizeWith(key, this.items.get(key));
    this.items.delete(key);
  }
}

const utf8 = new TextEncoder();

const sizeWith = (key: string, item?: Item): number => (item ? utf8.encode(key).length + item.size : 0);
