import { EMPTY, GAP } from "../frame/message.js";
import type { End } from "./core.js";
import { Item } from "./item.js";

/** A topic's log as a cursor reads it. */
export interface Source {
  /**
   * The publication after an offset, or, when the log has moved past it, the last offset that is missing there;
   * undefined when there is nothing after it.
   */
  next(after: number): Item | number | undefined;
}

/** A subscription: a place in a topic's log. It belongs to one End. */
export class Cursor {
  readonly topic: string;
  readonly epoch: number;
  readonly source: Source;
  /** The last publication taken, or reported missing. */
  offset: number;
  /** When the subscriber came from another epoch: 1 to here is reported missing first. */
  stale = 0;
  dead = false;
  /** The mark in the last round of the queue that has one of this cursor. */
  mark: Mark | undefined;

  constructor(topic: string, epoch: number, source: Source, offset: number) {
    this.topic = topic;
    this.epoch = epoch;
    this.source = source;
    this.offset = offset;
  }

  /** What follows in the log, without taking it: a publication or a gap. */
  next(): Item | undefined {
    const found = this.stale || this.source.next(this.offset);
    return typeof found === "number" ? this.#gap(found) : found;
  }

  #gap(to: number): Item {
    const { topic, epoch } = this;
    return new Item({ kind: GAP, codec: 0, topic, epoch, offset: this.offset + 1, to, payload: EMPTY });
  }

  advance({ message }: Item): void {
    this.stale = 0;
    this.offset = message.kind === GAP ? message.to! : message.offset!;
  }
}

/** A marker: the cursor's log reaches to upto. */
interface Mark {
  readonly round: Round;
  readonly cursor: Cursor;
  upto: number;
}

/** Markers with no direct message between them. They are served in turn (PROTOCOL 10.5). */
export class Round {
  readonly #marks: Mark[] = [];
  /** Index of the mark that is served next. */
  #turn = 0;

  add(cursor: Cursor, upto: number): void {
    if (cursor.mark?.round === this) {
      cursor.mark.upto = Math.max(cursor.mark.upto, upto);
      return;
    }
    cursor.mark = { round: this, cursor, upto };
    this.#marks.push(cursor.mark);
  }

  /** The message that is next. It changes nothing but marks that are done. */
  head(): Item | undefined {
    while (this.#marks.length > 0) {
      this.#turn %= this.#marks.length;
      const { cursor, upto } = this.#marks[this.#turn]!;
      const item = !cursor.dead && cursor.offset < upto ? cursor.next() : undefined;
      if (item) {
        return item;
      }
      this.#drop();
    }
    return undefined;
  }

  /** Removes what head returned, and passes the turn on. */
  take(item: Item): void {
    this.#marks[this.#turn++]!.cursor.advance(item);
  }

  #drop(): void {
    const [mark] = this.#marks.splice(this.#turn, 1);
    if (mark && mark.cursor.mark === mark) {
      mark.cursor.mark = undefined;
    }
  }
}

/**
 * Adds a cursor behind offset of a topic's log that reaches to last. A stale one comes from another epoch: the whole log
 * up to offset is reported missing first (PROTOCOL 10.3).
 */
export function subscribe(
  e: End, topic: string, epoch: number, source: Source, offset: number, last: number, stale: boolean,
): Cursor {
  const c = new Cursor(topic, epoch, source, stale ? 0 : offset);
  c.stale = stale ? offset : 0;
  mark(e, c, Math.max(last, c.stale));
  return c;
}

/** Notes that a cursor's log reaches to upto. The last marker moves unless a direct message stands behind it. */
export function mark(e: End, c: Cursor, upto: number): void {
  if (c.dead || e.over || e.closing.over || upto <= c.offset) {
    return;
  }
  const { entries } = e.sender.queue;
  let tail = entries.at(-1);
  if (!(tail instanceof Round)) {
    tail = new Round();
    entries.push(tail);
  }
  tail.add(c, upto);
}
