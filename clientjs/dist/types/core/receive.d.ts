import type { Data, Positions } from "../frame/frame.js";
import type { Effect, End, Time, Window } from "./core.js";
/** A counted message that was received. */
interface Arrival {
    readonly size: number;
    readonly event: boolean;
    consumed: boolean;
}
/** The receiving side of an end. */
export declare class Receiver {
    rcv: number;
    /** Counted messages above ack by number, consumed ones behind an unconsumed one included. */
    readonly inbox: Map<number, Arrival>;
    /** Of the inbox. */
    bytes: number;
    /** Granted to the peer. */
    window: Window;
    /** Requests started whose reply the peer has not received. */
    slots: number;
    /** On the current binding. */
    told: Positions;
    /** An ACK must go even alone. */
    due: boolean;
    /** rcv when a PING came: an ACK is due when it is consumed; Infinity when none is. */
    asked: number;
    /** When the oldest receipt came that was not told. */
    since: Time;
    /** Counted messages that were consumed since told. */
    consumed: Window;
    /** Exempt messages that were received since told. */
    exempt: Window;
    constructor(window: Window);
    /** The highest number up to which everything is consumed (PROTOCOL 6.6). */
    get ack(): number;
    /** The peer was not told everything on this binding. */
    get untold(): boolean;
}
/** The receiver's rule: one, for every transport and both ends (PROTOCOL 6.2 to 6.5). */
export declare function receiveData(e: End, now: Time, { seq, message }: Data, post: boolean, out: Effect[]): boolean;
/** Notes that the application is done with a message. eager: the last event in the inbox is reported at once. */
export declare function consume(e: End, seq: number, eager: boolean): void;
/** Notes a PING: the peer may wait for what it has sent to be consumed (PROTOCOL 5.1, 7.3). */
export declare function ask(receiver: Receiver): void;
/** Notes that rcv and ack are on their way to the peer, and returns them. */
export declare function tell(e: End): Positions;
export {};
