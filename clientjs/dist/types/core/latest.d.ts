import type { Window } from "./core.js";
import type { Item } from "./item.js";
/**
 * Holds the latest message per key, and gives the keys their turns in the order in which they came: one that is replaced
 * keeps its place, so that a busy key cannot starve the others.
 */
export declare class Latest {
    #private;
    readonly items: Map<string, Item>;
    /** Of the messages and their keys. */
    bytes: number;
    /** How many were dropped to keep a limit, or by clear. Replaced ones are not among them. */
    dropped: number;
    /**
     * Holds a message in the place of the one that its key had. Beyond the limit, of keys and bytes, those that have waited
     * longest are dropped, but never this one.
     */
    put(key: string, item: Item, { messages, bytes }: Window): void;
    /** Removes the message whose turn it is. */
    take(): {
        key: string;
        item: Item;
    } | undefined;
    clear(): void;
}
