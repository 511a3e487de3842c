import { type Kind } from "./kind.js";
import type { Offer, Setup } from "./link.js";
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
    /** Where WebTransport was READY last, so that it can be dialled before it is offered. */
    place?: Offer | undefined;
    /** When that is forgotten. */
    placeTill?: number;
}
/** Whether two offers are dialled alike. */
export declare const samePlace: (a?: Offer, b?: Offer) => boolean;
/** Makes the network of a key the current one, and reports whether another one was. */
export declare function enter({ networks }: Memory, key: string): boolean;
/** What worked last in the current network. */
export declare function good({ networks: [last] }: Memory, now: number): Kind | undefined;
/** Whether a kind is remembered as one that does not work in the current network. */
export declare function isBad({ networks: [last] }: Memory, now: number, kind: Kind): boolean;
/** Where WebTransport was READY in the current network. */
export declare function placeOf({ networks: [last] }: Memory, now: number): Offer | undefined;
/** Forgets where WebTransport was if it is not there any more. */
export declare function confirm(memory: Memory, place?: Offer): void;
/** Notes that a kind is READY; place is where WebTransport is. */
export declare function works(memory: Memory, now: number, kind: Kind, place?: Offer): void;
/**
 * Notes that a kind came to nothing: for an hour, and if it is WebTransport for twice as long each time, up to a day.
 */
export declare function blames(memory: Memory, now: number, kind: Kind): void;
/** Notes that a kind does not work, for so many milliseconds, and returns when that is forgotten. */
export declare function fails(memory: Memory, now: number, kind: Kind, ms: number): number;
/** What was kept. */
export declare function recall(setup: Setup): Memory;
/** Keeps it for the next page. */
export declare function keep(setup: Setup, memory: Memory): void;
