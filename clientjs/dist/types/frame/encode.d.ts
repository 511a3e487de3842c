import { type Frame } from "./frame.js";
import { type Message } from "./message.js";
import { Writer } from "./writer.js";
/** Appends the body of a frame in binary. */
export declare function appendBody(out: Writer, frame: Frame): void;
/** Appends a message in binary, from its kind on. */
export declare function appendMessage(out: Writer, m: Message): void;
/** Extras in ascending order. */
export declare function sortExtras(extras: Iterable<[string, string]>): [string, string][];
/**
 * The length of a message's binary form in bytes. Windows and limits count it, whatever encoding carries the message
 * (PROTOCOL 3.6).
 */
export declare function sizeOf(m: Message): number;
/** The length of a frame's body in its binary form. */
export declare function bodySize(frame: Frame): number;
