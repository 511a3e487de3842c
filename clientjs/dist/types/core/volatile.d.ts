import { type Volatile as VolatileFrame } from "../frame/frame.js";
import type { Batch } from "./batch.js";
import type { Effect, End } from "./core.js";
import type { Item } from "./item.js";
import { Latest } from "./latest.js";
/** What an end knows of the messages outside the sequence (PROTOCOL 17). */
export declare class Volatile {
    readonly waiting: Latest;
    /** The last number given out. */
    n: number;
    /** The last number that was seen, per key. */
    readonly seen: Map<string, number>;
    /** Whatever is not above it is old, also of a key that was forgotten. */
    floor: number;
    /** The highest number that was seen. */
    last: number;
    /** Nobody waits for a value that may be old when there is a connection again; what is sent then has greater numbers. */
    detach(): void;
    /**
     * Notes that n was seen for a key, or reports that it is old. Beyond the limit the key with the lowest number is
     * forgotten, and what is not above that number is old from now on.
     */
    accept(key: string, n: number, limit: number): boolean;
}
/** Queues an event as the latest value of a key; see End.sendVolatile. */
export declare function sendVolatile(e: End, key: string, item: Item): void;
/** Whether a volatile message is to be written. On the way out none is. */
export declare function volatileDue({ volatile, closing }: End): boolean;
/**
 * Numbers and writes what waits outside the sequence, behind what is in it (PROTOCOL 17.2, 17.4). What is written is not
 * held: it may get lost.
 */
export declare function writeVolatile(e: End, w: Batch): void;
/** Takes VOLATILE on the current binding (PROTOCOL 17.1, 17.5). */
export declare function receiveVolatile(e: End, { seq, key, message }: VolatileFrame, out: Effect[]): boolean;
