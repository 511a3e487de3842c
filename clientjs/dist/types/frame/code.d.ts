export declare const DONE = 1000;
export declare const BAD_PROTOCOL = 4400;
export declare const AUTH_EXPIRED = 4401;
export declare const FORBIDDEN = 4403;
export declare const NOT_FOUND = 4404;
export declare const TIMEOUT = 4408;
export declare const SUPERSEDED = 4409;
export declare const UNKNOWN = 4410;
export declare const STALE_POLL = 4411;
export declare const DIVERGED = 4412;
export declare const TOO_LARGE = 4413;
export declare const BAD_VERSION = 4426;
export declare const RATE_LIMITED = 4429;
export declare const WINDOW_BROKEN = 4430;
export declare const SHED = 4431;
export declare const CANCELED = 4499;
export declare const INTERNAL = 4500;
export declare const DRAINING = 4503;
/** What a client does about a code (PROTOCOL 12.2). */
export type Class = "final" | "resume" | "delay" | "lost" | "superseded";
/** The class of a code. Unknown codes are final. */
export declare function classOf(code: number): Class;
/** A refusal with its code: what a peer sent, or an application wants to send, could not be taken. */
export declare class FrameError extends Error {
    readonly code: number;
    /** A constant: safe to show to the peer. */
    readonly reason: string;
    constructor(code: number, reason: string);
}
/**
 * Refuses a batch that does not decode. Which rule it breaks is not said: the bytes would be paid by every page,
 * and the server's decoder tells the same mistakes apart.
 */
export declare function malformed(): never;
/** Refuses what breaks the protocol. */
export declare function refuse(reason: string): never;
/** Refuses what is longer than it may be. */
export declare function refuseSize(): never;
