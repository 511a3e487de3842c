import { type Kind } from "../kind.js";
import type { Offer } from "../link.js";
import { type Memory } from "../memory.js";
import type { Action } from "./action.js";
import { Outcomes } from "./outcomes.js";
/**
 * Chooses the transport. A session is created by POST, and polls carry it until something better is READY: what may be
 * better is dialled beside it, and attaches as soon as it is open, one at a time, the best first. What came to nothing
 * while another kind works is remembered, and tried again, rarely. When the current attachment dies, the best kind that
 * is known to work is dialled again, with jitter, and polls are tried beside it a little later.
 *
 * It is pure: it is told what happened and what time it is, in milliseconds, and appends what is to be done; randomness
 * is handed in. fallback/plan.go is the same plan, and both walk conformance/vectors/plan.
 */
export declare class Plan extends Outcomes {
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
