import type { Frame } from "../frame/frame.js";
import type { Time } from "./core.js";
/** What was sent is not received: word of that clears it, whatever brings it. */
export declare const UNRECEIVED = 1;
/** Nothing has arrived since READY. */
export declare const UNPROVEN = 2;
/** Time may have passed unnoticed, which says nothing of the path. */
export declare const WOKEN = 3;
/** What an end knows about the path. A time is Infinity when there is none. */
export declare class Liveness {
    /** Server: READY is to be written first. */
    ready: (() => Frame) | undefined;
    /** Server: GOAWAY is to be written. */
    move: ((now: Time) => Frame) | undefined;
    /** Polls: no PING from the server. */
    pulled: boolean;
    /** The last frame from the peer. */
    heard: Time;
    /** The last batch to it. */
    wrote: Time;
    /** Since when there is no binding, after there was one. */
    detached: Time;
    /** Client: since when something sent is not received, without progress. */
    sentAt: Time;
    /** Client: when the path becomes suspicious. */
    suspect: Time;
    /** Client: of suspect. */
    why: number;
    /** Client: when a path that has carried nothing since READY is asked. */
    prove: Time;
    /** Client: when the answer to a POST is overdue. */
    owed: Time;
    /** Client: suspicions in a row behind which nothing came through, and no PONG. */
    doubts: number;
    /** Client: what had come through at the last one. */
    through: number;
    /** Smoothed round trip of PING; 0 when it was not measured yet. */
    srtt: Time;
    /** PING is to be written. */
    ping: boolean;
    pingNonce: number;
    /** When the PING that is unanswered was written. */
    pingAt: Time;
    /** PONG is to be written, with this nonce. */
    pong: number | undefined;
    attach(now: Time, pulled: boolean): void;
    hear(now: Time): void;
    /** Has a PING written; the path becomes suspicious at until unless something is heard. */
    ask(until: Time, why: number): void;
    answered(now: Time, nonce: number): void;
}
