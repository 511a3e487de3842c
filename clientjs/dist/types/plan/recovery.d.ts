import { type Lane } from "../kind.js";
import type { Action } from "./action.js";
import { Race } from "./race.js";
/** The way back, when the current attachment is dead, or may be. */
export declare abstract class Recovery extends Race {
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
    /** Says that the current attachment may be dead: another is opened beside it (PROTOCOL 13.4 to 13.6). */
    suspect(now: number, out: Action[]): void;
    /**
     * Begins a round of attempts of a client without a connection: the best kind that is known to work, and polls beside
     * it a little later.
     */
    protected retry(now: number, out: Action[]): void;
    /**
     * The next kind to dial of a client that has no floor to stand on: each has its turn before the first one's next
     * (PROTOCOL 14.7).
     */
    protected other(now: number): Lane | undefined;
    /**
     * Attaches by polling. Beside it WebSocket is dialled, where it was WebTransport that was to come back: its path may be
     * the one that is dead, and polls go over connections that were there before and may be as dead.
     */
    protected hedge(now: number, out: Action[]): void;
}
