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
export declare class Cursor {
    #private;
    readonly topic: string;
    readonly epoch: number;
    readonly source: Source;
    /** The last publication taken, or reported missing. */
    offset: number;
    /** When the subscriber came from another epoch: 1 to here is reported missing first. */
    stale: number;
    dead: boolean;
    /** The mark in the last round of the queue that has one of this cursor. */
    mark: Mark | undefined;
    constructor(topic: string, epoch: number, source: Source, offset: number);
    /** What follows in the log, without taking it: a publication or a gap. */
    next(): Item | undefined;
    advance({ message }: Item): void;
}
/** A marker: the cursor's log reaches to upto. */
interface Mark {
    readonly round: Round;
    readonly cursor: Cursor;
    upto: number;
}
/** Markers with no direct message between them. They are served in turn (PROTOCOL 10.5). */
export declare class Round {
    #private;
    add(cursor: Cursor, upto: number): void;
    /** The message that is next. It changes nothing but marks that are done. */
    head(): Item | undefined;
    /** Removes what head returned, and passes the turn on. */
    take(item: Item): void;
}
/**
 * Adds a cursor behind offset of a topic's log that reaches to last. A stale one comes from another epoch: the whole log
 * up to offset is reported missing first (PROTOCOL 10.3).
 */
export declare function subscribe(e: End, topic: string, epoch: number, source: Source, offset: number, last: number, stale: boolean): Cursor;
/** Notes that a cursor's log reaches to upto. The last marker moves unless a direct message stands behind it. */
export declare function mark(e: End, c: Cursor, upto: number): void;
export {};
