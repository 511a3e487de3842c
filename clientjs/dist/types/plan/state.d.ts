import { type Kind, type Lane } from "../kind.js";
import type { Offer } from "../link.js";
import type { Memory } from "../memory.js";
/** What a plan knows. */
export declare abstract class State {
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
    /** The first READY of the session. */
    protected begun: number;
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
    /** The kind of the current attachment. */
    get current(): Kind | undefined;
    protected laneOf(kind: Kind): Lane;
    protected get grounded(): boolean;
    /** There is no floor to stand on: what does not work is then tried for ever. */
    protected get forced(): boolean;
    /** What the client would rather be on, best first. */
    protected get better(): Lane[];
    /** Notes the attempt that is outstanding. */
    protected attempts(l?: Lane, until?: number): void;
    protected get dialing(): boolean;
    /** Full jitter: nobody's clients come back at the same time. */
    protected backoff(now: number): number;
    protected jitter(now: number, ceiling: number): number;
    /** When something is tried again that need not be at fault. */
    protected soon(now: number): number;
}
