import { type Message, PUBLICATION } from "../frame/message.js";
import type { Time } from "./core.js";
import type { Source } from "./cursor.js";
import { Item } from "./item.js";

/** Bounds of a topic's log. The oldest publications go first (PROTOCOL 10.1). */
export interface LogLimits {
  publications: number;
  bytes: number;
  age: Time;
}

/** A topic's log: publications, with the offsets first to last. */
export class Log implements Source {
  readonly topic: string;
  readonly epoch: number;
  readonly #limits: LogLimits;
  readonly #items: { item: Item; at: Time }[] = [];
  #bytes = 0;
  #last = 0;

  constructor(topic: string, epoch: number, limits: LogLimits) {
    this.topic = topic;
    this.epoch = epoch;
    this.#limits = limits;
  }

  /** The offset of the last publication, or 0. */
  get last(): number {
    return this.#last;
  }

  /** The size of the publications that the log holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a publication and drops what is beyond the limits; the newest one always stays. */
  append(now: Time, { name, codec, payload }: Required<Pick<Message, "name" | "codec" | "payload">>): Item {
    const { topic, epoch } = this;
    const item = new Item({ kind: PUBLICATION, codec, topic, epoch, offset: ++this.#last, name, payload });
    this.#items.push({ item, at: now });
    this.#bytes += item.size;
    this.trim(now);
    return item;
  }

  /** Drops what is beyond the limits. */
  trim(now: Time): void {
    const { publications, bytes, age } = this.#limits;
    for (let oldest; (oldest = this.#items[0]); this.#items.shift()) {
      const { item, at } = oldest;
      const over = this.#items.length > 1 && (this.#items.length > publications || this.#bytes > bytes);
      if (!over && now - at < age) {
        return;
      }
      this.#bytes -= item.size;
    }
  }

  /** The offset of the oldest publication that the log holds, or last+1. */
  get #first(): number {
    return this.#last + 1 - this.#items.length;
  }

  next(after: number): Item | number | undefined {
    if (after >= this.#last) {
      return undefined;
    }
    const first = this.#first;
    return after + 1 < first ? first - 1 : this.#items[after + 1 - first]!.item;
  }

  /** Where a new subscription that wants n publications of history begins. */
  start(n: number): number {
    return this.#last - Math.min(n, this.#items.length);
  }
}
