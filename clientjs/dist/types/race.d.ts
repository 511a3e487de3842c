import { type Kind, type Lane } from "./kind.js";
import type { Offer } from "./link.js";
import { type Memory } from "./memory.js";
import type { Action } from "./plan.js";
/** Of an attachment without which there is none. */
export declare const HASTY_DEADLINE = 3000;
export declare const HEDGE_DELAY = 1000;
export declare const YOUTH = 30000;
export declare const MAX_BARREN = 3;
export declare const PROVEN_DELAY = 1000;
/** The longest time to wait after so many failures. */
export declare const ceiling: (failures: number) => number;
/**
 * What a plan knows, and how it moves the client between kinds: up, when something better may work; back, when it has lost
 * its connection; and away from what does not work.
 */
export declare abstract class Race {
    #private;
    /** What is to be given to the next plan. */
    readonly memory: Memory;
    /** What is forced. */
    protected only: Kind | null;
    /** Those that may be used, best first: order, offer and force together. */
    protected lanes: Lane[];
    protected readonly allLanes: Lane[];
    /** Where WebTransport is dialled: as READY said last, or as it is remembered. */
    protected place: Offer | undefined;
    /** There is a session. */
    protected created: boolean;
    /** The kind of the current attachment. */
    protected carrier: Lane | undefined;
    /** When it was READY. */
    protected readyAt: number;
    /** It may be dead: another one is opened beside it. */
    protected suspected: boolean;
    /** The READY before which there was no connection, or a dead one. */
    protected landed: number;
    /** Rounds of attempts that failed since the last READY. */
    protected failures: number;
    /** Attachments in a row that died at once, with nothing come through. */
    protected barren: number;
    /** The current polls go on. */
    protected polling: boolean;
    /** Polls are still to be tried in this round. */
    protected polls: boolean;
    /** Nobody looks: what is not needed waits. */
    protected unseen: boolean;
    /** The network may be another one: what is remembered of it does not count. */
    protected doubtful: boolean;
    /** That of the current connection, if it is to be replaced by another of its kind. */
    protected wornLane: Lane | undefined;
    /** The HELLO or ATTACH that is outstanding. */
    protected attempt: Lane | undefined;
    protected attemptUntil: number;
    /** The server asked for patience until then. */
    protected notBefore: number;
    /** Polls go on then, unless something better is READY. */
    protected pollAt: number;
    /** Detached: the next round of attempts. */
    protected retryAt: number;
    /** Polls are tried beside the dial. */
    protected hedgeAt: number;
    /** The current kind has then lived where the shunned ones die. */
    protected provenAt: number;
    /** What is worn is dialled then, beside the current connection, unless it is already. */
    protected rotateAt: number;
    constructor(memory: Memory, random: () => number);
    /** Says that the current attachment may be dead: another is opened beside it. */
    abstract suspect(now: number, out: Action[]): void;
    /** The kind of the current attachment. */
    get current(): Kind | undefined;
    protected laneOf(kind: Kind): Lane;
    protected get grounded(): boolean;
    /** There is no floor to stand on: what does not work is then tried for ever. */
    protected get forced(): boolean;
    /** What the client would rather be on, best first. */
    protected get better(): Lane[];
    /** It is remembered as one that does not work here. */
    protected bad(now: number, { kind }: Lane): boolean;
    protected create(now: number, out: Action[]): void;
    /** Notes the attempt that is outstanding. */
    protected attempts(l?: Lane, until?: number): void;
    protected get dialing(): boolean;
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
    /** Full jitter: nobody's clients come back at the same time. */
    protected backoff(now: number): number;
    protected jitter(now: number, ceiling: number): number;
    /** When something is tried again that need not be at fault. */
    protected soon(now: number): number;
    /**
     * Notes that a kind came to nothing although another one works. One that worked in this network before is given
     * another chance soon: the server may just have come back.
     */
    protected blame(now: number, l: Lane, out: Action[]): void;
    /**
     * Judges the end of the current attachment. One that was young may have been killed by something that does not like its
     * kind; that counts only if another kind then lives. Where nothing comes through on one after
     * the other, that excuses nobody: polls are reached.
     */
    protected fell(now: number, out: Action[]): void;
    /** Says that it was nobody's fault. */
    protected absolve(out: Action[]): void;
    /** Leaves a kind alone for a while. If it dies young after that, it does not get two more chances. */
    protected demote(now: number, l: Lane, out: Action[]): void;
}
