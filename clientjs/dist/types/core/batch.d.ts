import { type Encoding, type Frame } from "../frame/frame.js";
import type { Writer } from "../frame/writer.js";
import type { End, Time } from "./core.js";
/** A batch that is being written. */
export declare class Batch {
    #private;
    constructor(enc: Encoding, out: Writer, limit: number);
    get full(): boolean;
    /**
     * Whether a message of so many bytes may be added to a batch that is not full. READY has its deadline: no message makes
     * its batch longer than that (PROTOCOL 8.5).
     */
    takes(size: number): boolean;
    frame(f: Frame): void;
}
/** Whether there is something other than an ACK to write. */
export declare function content(e: End): boolean;
/** Writes a batch; see End.batch. */
export declare function writeBatch(e: End, now: Time, w: Batch): void;
/** Sends again what this binding has not carried, then what is new (PROTOCOL 5.5). */
export declare function writeMessages({ closing, live, sender }: End, now: Time, w: Batch): void;
/** Notes that messages were written, if some of them are not received. */
export declare function waiting(live: End["live"], { peerRcv, top }: End["sender"], now: Time): void;
