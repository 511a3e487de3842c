import type { Window } from "./core.js";
import type { Round } from "./cursor.js";
import { Item } from "./item.js";

/**
 * What waits for a number: direct messages, and rounds of markers "topic T up to x" (PROTOCOL 10.4, 10.5). A client has
 * no markers, and so this file knows of rounds only that they have a next message.
 */
export class Queue {
  readonly entries: (Item | Round)[] = [];
  /** Direct messages, and bytes of them. */
  readonly direct: Window = { messages: 0, bytes: 0 };

  push(item: Item): void {
    this.entries.push(item);
    this.direct.messages++;
    this.direct.bytes += item.size;
  }

  /** The message that is next. It changes nothing but rounds that are done. */
  head(): Item | undefined {
    for (let front; (front = this.entries[0]); this.entries.shift()) {
      const item = front instanceof Item ? front : front.head();
      if (item) {
        return item;
      }
    }
    return undefined;
  }

  /** Removes what head returned. */
  take(item: Item): void {
    const front = this.entries[0] as Item | Round;
    if (front instanceof Item) {
      this.remove((first) => first === item);
    } else {
      front.take(item);
    }
  }

  /** The direct messages, in order. */
  get items(): Item[] {
    return this.entries.filter((entry) => entry instanceof Item);
  }

  /** Takes the first direct message out that matches. */
  remove(match: (item: Item) => boolean): Item | undefined {
    const i = this.entries.findIndex((entry) => entry instanceof Item && match(entry));
    if (i < 0) {
      return undefined;
    }
    const [item] = this.entries.splice(i, 1) as [Item];
    this.direct.messages--;
    this.direct.bytes -= item.size;
    return item;
  }
}
