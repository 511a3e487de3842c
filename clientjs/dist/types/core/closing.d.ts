import type { Effect, End, Over } from "./core.js";
/** The state of an end that is on its way out (PROTOCOL 9). */
export declare class Closing {
    /** This end closes gracefully: how the session will have ended. */
    local: Over | undefined;
    /** The peer does: it will send nothing after final. */
    remote: Over | undefined;
    /** The peer's finalSeq. */
    final: number;
    /** Client: an ATTACH is outstanding, so that what is said on the current binding may not be heard. */
    held: boolean;
    /** The session is over when both have closed, and each has heard of it. */
    both: boolean;
    /** CLOSE without finalSeq is to be written, once. */
    abort: boolean;
    /** The graceful CLOSE was, on the current binding. */
    written: boolean;
    /** The peer's word came after it. */
    heard: boolean;
    /** How the session will have ended, when it is closing. */
    get over(): Over | undefined;
    /** Nothing new is sent any more. An end that closes itself still sends what is queued (PROTOCOL 9.1, 9.3). */
    get mute(): boolean;
}
/**
 * Ends a graceful close: when this end closes, the peer has consumed everything and has spoken since CLOSE was written
 * to it; when the peer closes, it was told, after its CLOSE, that everything is consumed (PROTOCOL 9.1, 9.3).
 */
export declare function settle(e: End): void;
/** Takes CLOSE with finalSeq on the current binding (PROTOCOL 9.3). */
export declare function receiveFinal(e: End, over: Over, final: number, out: Effect[]): boolean;
/** Makes the last ACK due when everything up to the peer's finalSeq is consumed. */
export declare function checkConsumed({ closing, receiver }: End): void;
