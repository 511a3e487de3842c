import { type Kind } from "./kind.js";
import type { Offer } from "./link.js";
import { type Memory } from "./memory.js";
import { Race } from "./race.js";
export { type Kind, POLLS, SSE, WS, WT } from "./kind.js";
/** Something that the plan wants done, or has decided. */
export interface Action {
    act: 
    /** POST HELLO; answer with ready or failed. */
    "create"
    /** Open a connection; answer with opened or failed. */
     | "dial"
    /** ATTACH on what was opened, or by a poll; answer with ready or failed. */
     | "attach"
    /** The current attachment is by polls, and they go on from now. */
     | "poll"
    /** Give up a connection that was dialled, opened or is attaching. */
     | "drop"
    /** The kind came to nothing although another works: it is remembered as bad. */
     | "blame"
    /** Its attachments die young: another kind is tried. */
     | "avoid"
    /** The other kind dies as well, or nothing can be reached: it was not this one's fault. */
     | "absolve"
    /** The other kind lives: this one is left alone for a while. */
     | "demote"
    /** The network is another one than remembered. */
     | "forget"
    /** The connection has carried as much as it may: another one of its kind is to take over. */
     | "rotate";
    kind?: Kind;
}
/**
 * Chooses the transport. A session is created by POST, and polls carry it until something better is READY: what may be
 * better is dialled beside it, and attaches as soon as it is open, one at a time, the best first. What came to nothing
 * while another kind works is remembered, and tried again, rarely. When the current attachment dies, the best kind that
 * is known to work is dialled again, with jitter, and polls are tried beside it a little later.
 *
 * It is pure: it is told what happened and what time it is, in milliseconds, and appends what is to be done; randomness
 * is handed in. fallback/plan.go is the same plan, and both walk conformance/vectors/plan.
 */
export declare class Plan extends Race {
    #private;
    /**
     * order is the kinds that may be used, best first, polls among them; ranked: the server's offer may take kinds out of
     * it but not change their order. random returns uniform numbers in [0, 1).
     */
    constructor(order: readonly Kind[], ranked: boolean, memory: Memory, random: () => number);
    /** When tick has something to do next, or Infinity. */
    get deadline(): number;
    /** Says that the next session is opened at another mount: where WebTransport was is not true there. */
    elsewhere(): void;
    /**
     * Begins: a session is created by POST, and what needs no session is dialled beside it. The session after one that was
     * lost waits a moment: a server that ends many at once would meet them all again at once. It waits for longer when
     * sessions are lost one after the other, as they are behind a balancer that brings each request to another server.
     */
    start(now: number, out: Action[]): void;
    /**
     * Says what READY offers, best first, and what it calls the network (PROTOCOL 8.9, 8.12). It is told before ready. What
     * was dialled at another place than WebTransport is offered at came to nothing through nobody's fault.
     */
    welcome(offers: readonly Offer[], network: string, out: Action[]): void;
    /**
     * Keeps the client on one kind from now on; null lifts it. Nothing else is begun, so a kind that does not work
     * leaves the client without a connection. What it is on is used until the forced kind is READY.
     */
    force(now: number, kind: Kind | null, out: Action[]): void;
    /** Says that a dialled connection is open. */
    opened(now: number, kind: Kind, out: Action[]): void;
    /** Says that the outstanding attempt is the current attachment now. */
    ready(now: number, kind: Kind, out: Action[]): void;
    /** Says that a creation, a dial or an attempt came to nothing. */
    failed(now: number, kind: Kind, out: Action[]): void;
    /**
     * Says that the current attachment is gone, though the session is not; carried: a message, or word of one, came through
     * on it. When more than MAX_BARREN in a row die at once without that, the next is waited for longer and longer.
     */
    died(now: number, carried: boolean, out: Action[]): void;
    /**
     * Says that the server has closed the current attachment because it has heard of a newer one of ours: the READY of
     * that is on its way. If nothing is, the next attempt is after random(0, wait).
     */
    left(now: number, out: Action[], wait?: number): void;
    /**
     * Says that the current connection has carried as much as it may (PROTOCOL 14.10): another one of its kind takes over,
     * and it is used until then. To be told again changes nothing.
     */
    worn(now: number, out: Action[]): void;
    /** Says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4 to 13.6). */
    suspect(now: number, out: Action[]): void;
    /** Says that the page is put to sleep: everything is let go, nobody is to blame for that, and online ends it. */
    rest(out: Action[]): void;
    /** Says that the network changed: waiting has no more reason, and what is remembered of it may be of another one. */
    online(now: number, out: Action[]): void;
    /** Says whether anybody looks. What came to nothing is not tried again while nobody does. */
    hide(now: number, hidden: boolean, out: Action[]): void;
    /** Says that the server refused with a code that asks for patience (PROTOCOL 12.2); before failed or died. */
    limited(now: number): void;
    /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
    tick(now: number, out: Action[]): void;
}
