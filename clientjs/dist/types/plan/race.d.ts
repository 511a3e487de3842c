import { type Lane } from "../kind.js";
import type { Action } from "./action.js";
import { Verdicts } from "./verdicts.js";
/** The race: what may be better than the current attachment is dialled beside it, and attaches when it is open. */
export declare abstract class Race extends Verdicts {
    protected create(now: number, out: Action[]): void;
    /** Uses the current attachment, and sees to it that what is better is tried. */
    protected stay(now: number, out: Action[]): void;
    /** Lets the polls of the current attachment go on. */
    protected goOn(out: Action[]): void;
    /**
     * Plans when what is better than the current kind is tried, as far as that is not planned: one after the other, an
     * event stream only when the others have had their chance.
     */
    protected aim(now: number): void;
    /** It is left alone while nobody looks. */
    protected waits(l: Lane): boolean;
    /** The current connection is worn, and what is to replace it has yet to be dialled. */
    protected get renews(): boolean;
    /** Dials what is to replace a connection that is worn, if that is due. */
    protected renew(now: number, out: Action[]): void;
    /** Tries what is better and due. */
    protected climb(now: number, out: Action[]): void;
    protected dial(now: number, l: Lane, out: Action[]): void;
    /** Gives up what there is of a kind beside the current attachment. */
    protected letGo(l: Lane, out: Action[]): void;
    protected gone(l: Lane): void;
    /** Attaches on the best connection that is open, if no other attempt is outstanding (PROTOCOL 8.6). */
    protected attachOpen(now: number, out: Action[]): void;
    /** Makes an attempt, one at a time. */
    protected attach(now: number, l: Lane, out: Action[]): void;
}
