import type { Window } from "./core.js";
import type { Round } from "./cursor.js";
import { Item } from "./item.js";
/**
 * What waits for a number: direct messages, and rounds of markers "topic T up to x" (PROTOCOL 10.4, 10.5). A client has
 * no markers, and so this file knows of rounds only that they have a next message.
 */
export declare class Queue {
    readonly entries: (Item | Round)[];
    /** Direct messages, and bytes of them. */
    readonly direct: Window;
    push(item: Item): void;
    /** The message that is next. It changes nothing but rounds that are done. */
    head(): Item | undefined;
    /** Removes what head returned. */
    take(item: Item): void;
    /** The direct messages, in order. */
    get items(): Item[];
    /** Takes the first direct message out that matches. */
    remove(match: (item: Item) => boolean): Item | undefined;
}
