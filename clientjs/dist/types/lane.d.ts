import { type Client } from "./core/client.js";
import type { Window } from "./core/core.js";
import type { Message } from "./frame/message.js";
/** How many volatile messages wait beside those in order (PROTOCOL 17.6). */
export declare const ASIDE: Window;
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
export declare class Lane {
    #private;
    /** accept handles a message, or says no: it is offered again by drain. settled is called when some were consumed. */
    constructor(accept: (a: Arrival) => boolean, settled: () => void);
    push(a: Arrival): void;
    /** Takes the latest value of a key. */
    hold(key: string, a: Arrival): void;
    /**
     * Opens it: by queueMicrotask, when the code that is running now has finished, since it may add more listeners; by
     * setTimeout, one macrotask later.
     */
    open(when: (open: () => void) => unknown): void;
    /** Handles what waits, as far as it is accepted. */
    drain(): void;
}
