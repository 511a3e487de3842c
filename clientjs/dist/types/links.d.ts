import type { Over } from "./core/core.js";
import type { Host, Link, Offer } from "./link.js";
import { type Kind } from "./kind.js";
/** Those that there are here. */
export declare const HERE: Kind[];
/** Throws when a kind is none. */
export declare function check(kind: Kind): void;
/** The links of a session: the current one, the one that attaches, and those that are dialled. */
export declare class Links {
    #private;
    current: Link | undefined;
    /** Its HELLO or ATTACH is outstanding. */
    candidate: Link | undefined;
    /** By the last READY; before the first one, what is remembered. */
    offers: Offer[];
    /** How long attaching took, in milliseconds. */
    took: number;
    /** The bytes that the current link may still carry, both ways (PROTOCOL 14.10). */
    left: number;
    /** What had come through the core when the current link sent HELLO or ATTACH. */
    from: number;
    /** place is where WebTransport was, if that is remembered. */
    constructor(host: Host, place?: Offer);
    /** Dials. It throws when there is no such transport, or it is not allowed here. */
    dial(kind: Kind): void;
    /** Sends HELLO or ATTACH. */
    open(now: number, kind: Kind): void;
    /** The candidate is the current link now, and READY says what is offered. Returns its kind. */
    attached(now: number): Kind;
    /** Writes what is pending. Returns when to go on, if the current link takes no more and has no event for that. */
    write(now: number): number;
    /** Gives up what was dialled of a kind, or else what attaches. */
    giveUp(now: number, kind: Kind): void;
    /** Gives a link up. */
    drop(now: number, link: Link | undefined, code?: number, reason?: string): void;
    /** Gives all up. */
    end(now: number, { code, reason }: Over): void;
}
