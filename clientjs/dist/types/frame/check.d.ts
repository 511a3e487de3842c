import { sizeOf } from "./encode.js";
import { type Frame } from "./frame.js";
import { type Message } from "./message.js";
export { sizeOf };
/**
 * Throws a FrameError unless a message that an application wants to send can be encoded and fits maxFrame bytes,
 * whatever its seq will be: 4413 if only the size is wrong, else 4400. That a JSON payload is valid and compact is not
 * checked, only that there is one.
 */
export declare function checkMessage(m: Message, maxFrame: number): void;
/** Throws a FrameError unless the frame is valid, and returns it. */
export declare function checkFrame(frame: Frame): Frame;
/** Whether s may be a name, a topic or a key: 1 to 255 bytes of UTF-8 without control characters (PROTOCOL 2.7). */
export declare function validName(s: unknown): boolean;
/** Whether v is a number of the protocol, and at least as great as least. */
export declare function validNumber(v: unknown, least?: number): v is number;
