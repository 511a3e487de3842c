/** The transports of this client. */
export type Kind = "websocket" | "sse" | "longpoll";
/** Something that the plan wants done. */
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
     | "drop";
    kind: Kind;
}
export declare const WS = "websocket";
export declare const POLLS = "longpoll";
/**
 * Chooses the transport: create by POST, dial WebSocket, poll until it is READY, reconnect with jitter, back to polls
 * when WebSocket fails. It is pure: it is told what happened and what time it is, in milliseconds, and appends what is
 * to be done; randomness is handed in. fallback/plan.go is the same plan, and both walk conformance/vectors/plan.
 */
export declare class Plan {
    #private;
    /** order is the kinds that may be used, best first, polls among them. random returns uniform numbers in [0, 1). */
    constructor(order: readonly Kind[], random: () => number);
    /** The kind of the current attachment. */
    get current(): Kind | undefined;
    /** When tick has something to do next, or Infinity. */
    get deadline(): number;
    /**
     * Begins: a session is created by POST, whatever comes later. The session after one that was lost waits a moment: a
     * server that ends many at once would meet them all again at once.
     */
    start(now: number, out: Action[]): void;
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
    /** Says that the server refused with a code that asks for patience (PROTOCOL 12.2); before failed or died. */
    limited(now: number): void;
    /** Says that the current attachment is gone, though the session is not. */
    died(now: number, out: Action[]): void;
    /** Says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4). */
    suspect(now: number, out: Action[]): void;
    /** Says that the network changed: waiting has no more reason. */
    online(now: number, out: Action[]): void;
    /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
    tick(now: number, out: Action[]): void;
}
