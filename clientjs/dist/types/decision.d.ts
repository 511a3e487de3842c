import type { Kind } from "./kind.js";
import type { Action } from "./plan/action.js";
/** An entry in the log of how a session finds its transport. */
export interface Decision {
    /** In milliseconds since 1970. */
    time: number;
    /**
     * What happened to a connection: opened, ready, failed, died, suspect, left (the server knows of the next one
     * already), move (the server asks for the next session to be opened elsewhere). What is done: create, dial, attach,
     * poll, drop; rest (the page is put to sleep, and lets go of all).
     * What is decided: blame (it came to nothing although another transport works), avoid (its connections die young),
     * absolve (so do the others), demote (the others do not), forget (the network is another one),
     * rotate (the connection has carried as much as it may, and another of its kind is to take over).
     */
    what: Action["act"] | "opened" | "ready" | "failed" | "died" | "left" | "move" | "suspect" | "rest";
    /** What it is about, if it is about one. */
    transport?: Kind | undefined;
    /** Of what failed or died. */
    reason?: string | undefined;
}
/** How many decisions are kept. */
export declare const MAX_DECISIONS = 64;
