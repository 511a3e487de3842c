import { type Message } from "../frame/message.js";
/** A message on its way out. It is immutable. */
export declare class Item {
    readonly message: Message;
    /** The sender's; an item with one is named by the effects "confirmed" and "refused". */
    readonly tag: unknown;
    /** The length of the message's binary form in bytes (PROTOCOL 3.6). */
    readonly size: number;
    constructor(message: Message, tag?: unknown);
    get counted(): boolean;
}
