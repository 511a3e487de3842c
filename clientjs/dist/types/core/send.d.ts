import type { Effect, End, Time, Window } from "./core.js";
import type { Item } from "./item.js";
import { Queue } from "./queue.js";
/**
 * Why a message was not queued: the session has ended or is closing, the bounded queue is full (PROTOCOL 5.9), or there is
 * no connection, which a volatile message does not wait for.
 */
export declare class SendError extends Error {
    readonly why: "closed" | "full" | "detached";
    constructor(why: SendError["why"]);
}
/** The events and requests that were asked to be sent and are not known to be consumed. */
export interface Unconfirmed {
    /** In order. */
    items: Item[];
    /** How many of them had a number. */
    sent: number;
}
/**
 * The sending side of an end.
 *
 *     1 ...... una-1 | una ......... cursor-1 | cursor ... top | not numbered
 *     freed          | written on the binding  | to be resent   | exempt, then queue
 */
export declare class Sender {
    #private;
    /** By number, in ascending order; what is freed is not in it. */
    readonly held: Map<number, Item>;
    top: number;
    /** The next number to write on the current binding. */
    cursor: number;
    /** Nothing more gets a number: another session still has to bring what was sent before it. */
    hold: boolean;
    readonly exempt: Item[];
    readonly queue: Queue;
    peerRcv: number;
    peerAck: number;
    /** Granted by the peer. */
    window: Window;
    /** One message passes, whatever its size, when none is unacknowledged. Not so before READY (PROTOCOL 5.6). */
    onePasses: boolean;
    /** Counted and unacknowledged. */
    readonly flight: Window;
    /** Bytes of exempt messages the peer has not received, those in exempt included. */
    unreceived: number;
    /** top when a PING last asked for the word that the window waits for. */
    asked: number;
    /** The last request id given out. */
    requests: number;
    /** The last request id that got a number. */
    lastRequest: number;
    constructor(window: Window);
    /** The lowest number that is held. */
    get una(): number;
    /** Everything has its number, so that top is final. */
    get drained(): boolean;
    push(item: Item): void;
    /** Starts the writing again behind what the peer has received (PROTOCOL 5.5). */
    rewind(): void;
    /** The message that gets the next number, if there is one and the window has room (PROTOCOL 5.2). */
    next(): Item | undefined;
    /**
     * A message does not fit although so little is unacknowledged that the peer has no reason of its own to speak: it is
     * to be asked, once (PROTOCOL 7.3).
     */
    get heldUp(): boolean;
    /** Gives what is next its number: from here on it is held, and its number never changes (PROTOCOL 1.6, 1.9). */
    number(item: Item): void;
    /** Frees what the peer has received or consumed, and returns how many of its requests are answered by that. */
    free(rcv: number, ack: number, out: Effect[]): number;
    unconfirmed(): Unconfirmed;
}
/** Whether a window takes as many messages, and bytes of them, the last one included (PROTOCOL 5.1). */
export declare function fits(messages: number, bytes: number, window: Window): boolean;
/** Whether so much of a window was used that the peer is to hear of it (PROTOCOL 7.3). */
export declare function isQuarter(used: Window, window: Window): boolean;
/** Takes the peer's word: nothing else frees a message (PROTOCOL 5.4, 7.1). False: the session is over. */
export declare function receiveAck(e: End, now: Time, rcv: number, ack: number, out: Effect[]): boolean;
export declare function confirm(e: End, now: Time, rcv: number, ack: number, out: Effect[]): void;
