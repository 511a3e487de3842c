import type { Setup } from "./link.js";
import type { Kind } from "./plan.js";
/** What a client has learnt of the networks it was in. Its times are the plan's, in milliseconds. It can be kept as JSON. */
export interface Memory {
    /** The latest first: that is where the client begins. */
    networks: Network[];
}
/** What is known of one network. */
export interface Network {
    /** What the server calls it (PROTOCOL 8.12). */
    key: string;
    /** The last that was READY there, polls left out. */
    good?: Kind;
    /** When that is forgotten. */
    till: number;
    /** The kinds that came to nothing although another one worked, and when that is forgotten. */
    bad: {
        [kind in Kind]?: number;
    };
    /**
     * How often in a row WebTransport came to nothing: a path for UDP that is closed stays closed for long, and each try
     * costs a browser more than one of another kind.
     */
    misses?: number;
}
export declare const GOOD_FOR: number;
export declare const BAD_FOR = 3600000;
/**
 * Whether something counts that is remembered until a moment, for so long at most: a clock that was wrong may have noted
 * it.
 */
export declare const lasts: (now: number, till: number | undefined, ms: number) => boolean;
/** The current network; one without a name, when nobody has named it. */
export declare function latest({ networks }: Memory): Network;
/** Makes the network of a key the current one, and reports whether another one was. */
export declare function enter({ networks }: Memory, key: string): boolean;
/** What was kept. */
export declare function recall(setup: Setup): Memory;
/** Keeps it for the next page. */
export declare function keep(setup: Setup, memory: Memory): void;
