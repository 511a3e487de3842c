import { type Lane } from "../kind.js";
import type { Action } from "./action.js";
import { State } from "./state.js";
/** Verdicts on kinds: which has come to nothing through its own fault, and is left alone for it. */
export declare abstract class Verdicts extends State {
    /** It is remembered as one that does not work here. */
    protected bad(now: number, { kind }: Lane): boolean;
    protected climbTime(now: number, l: Lane): number;
    /**
     * Notes that a kind came to nothing although another one works. One that worked in this network before is given
     * another chance soon: the server may just have come back.
     */
    protected blame(now: number, l: Lane, out: Action[]): void;
    /**
     * Judges the end of the current attachment. One that was young may have been killed by something that does not like
     * its kind; that counts only if another kind then lives. Where nothing comes through on one after the other, that
     * excuses nobody: polls are reached.
     */
    protected fell(now: number, out: Action[]): void;
    /** Says that it was nobody's fault. */
    protected absolve(out: Action[]): void;
    /** Leaves a kind alone for a while. If it dies young after that, it does not get two more chances. */
    protected demote(now: number, l: Lane, out: Action[]): void;
}
