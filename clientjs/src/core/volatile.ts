import { checkMessage, validName } from "../frame/check.js";
import { BAD_PROTOCOL, refuse } from "../frame/code.js";
import { VOLATILE, type Volatile as VolatileFrame } from "../frame/frame.js";
import { MAX_NAME } from "../frame/limits.js";
import { EVENT } from "../frame/message.js";
import type { Batch } from "./batch.js";
import type { Effect, End } from "./core.js";
import type { Item } from "./item.js";
import { Latest } from "./latest.js";
import { SendError } from "./send.js";

/** What VOLATILE's body may add to its message beside the number: the key and its length. */
const KEY_OVERHEAD = 2 + MAX_NAME;

/** What an end knows of the messages outside the sequence (PROTOCOL 17). */
export class Volatile {
  readonly waiting = new Latest();
  /** The last number given out. */
  n = 0;
  /** The last number that was seen, per key. */
  readonly seen = new Map<string, number>();
  /** Whatever is not above it is old, also of a key that was forgotten. */
  floor = 0;
  /** The highest number that was seen. */
  last = 0;

  /** Nobody waits for a value that may be old when there is a connection again; what is sent then has greater numbers. */
  detach(): void {
    this.waiting.clear();
    this.seen.clear();
    this.floor = this.last;
  }

  /**
   * Notes that n was seen for a key, or reports that it is old. Beyond the limit the key with the lowest number is
   * forgotten, and what is not above that number is old from now on.
   */
  accept(key: string, n: number, limit: number): boolean {
    const { seen } = this;
    if (n <= this.floor || n <= (seen.get(key) ?? 0)) {
      return false;
    }
    this.last = Math.max(this.last, n);
    seen.set(key, n);
    if (seen.size > limit) {
      const [lowest, floor] = [...seen].reduce((a, b) => (b[1] < a[1] ? b : a));
      seen.delete(lowest);
      this.floor = floor;
    }
    return true;
  }
}

/** Queues an event as the latest value of a key; see End.sendVolatile. */
export function sendVolatile(e: End, key: string, item: Item): void {
  const { message } = item;
  if (e.over || e.closing.over) {
    throw new SendError("closed");
  }
  if (!e.current) {
    throw new SendError("detached");
  }
  if (message.kind !== EVENT || !validName(key)) {
    refuse("no event, or invalid key");
  }
  checkMessage(message, e.maxFrame - KEY_OVERHEAD);
  e.volatile.waiting.put(key, item, { messages: e.cfg.volatile, bytes: e.cfg.queue.bytes });
}

/** Whether a volatile message is to be written. On the way out none is. */
export function volatileDue({ volatile, closing }: End): boolean {
  return volatile.waiting.items.size > 0 && !closing.over;
}

/**
 * Numbers and writes what waits outside the sequence, behind what is in it (PROTOCOL 17.2, 17.4). What is written is not
 * held: it may get lost.
 */
export function writeVolatile(e: End, w: Batch): void {
  const { volatile } = e;
  while (volatileDue(e) && !w.full) {
    const { key, item: { message } } = volatile.waiting.take()!;
    w.frame({ type: VOLATILE, seq: ++volatile.n, key, message });
  }
}

/** Takes VOLATILE on the current binding (PROTOCOL 17.1, 17.5). */
export function receiveVolatile(e: End, { seq, key, message }: VolatileFrame, out: Effect[]): boolean {
  if (message.kind !== EVENT) {
    return e.fail(BAD_PROTOCOL, "only events are volatile", out);
  }
  if (!e.closing.over && e.volatile.accept(key, seq, e.cfg.keys)) {
    out.push({ kind: "volatile", seq, key, message });
  }
  return true;
}
