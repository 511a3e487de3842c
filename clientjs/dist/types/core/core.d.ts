import { type Encoding, type Frame, type Positions } from "../frame/frame.js";
import { type Message } from "../frame/message.js";
import type { Writer } from "../frame/writer.js";
import { Item } from "./item.js";
import { type Unconfirmed } from "./send.js";
/** A point in time in milliseconds; Infinity is never. Only differences matter. */
export type Time = number;
/**
 * Names a connection to the core: 0 is none, and each later connection gets a greater one. Unlike att it is never on
 * the wire, so it also tells apart two connections that both said HELLO.
 */
export type Binding = number;
/** Limits counted messages, and bytes of them. */
export interface Window {
    messages: number;
    bytes: number;
}
/** What both ends are told at their start: CLIENT_DEFAULTS or SERVER_DEFAULTS, and what differs from them. */
export interface Config {
    /** Server: what it will have outstanding. Client: until READY says more (PROTOCOL 5.6). */
    send: Window;
    /** Server: what it grants. Client: until READY says what the server will send. */
    receive: Window;
    /** The bound of the queue in front of the window (PROTOCOL 5.9). */
    queue: Window;
    /** Bytes of the longest body a frame may have. */
    maxFrame: number;
    /** Requests of the peer that may run at once (PROTOCOL 5.8). */
    slots: number;
    /** Keys whose latest value may wait outside the sequence (PROTOCOL 17.3). */
    volatile: number;
    /** Keys of the peer's values that are remembered (PROTOCOL 17.5). */
    keys: number;
    /** Bytes after which a batch takes no further frame. */
    batch: number;
    /** Patience after a PING. */
    pong: Time;
    /** How long a poll is held. */
    hold: Time;
}
/** Something that the caller must do. */
export type Effect = 
/** Start the message, in order; then say consumed(seq). */
{
    kind: "deliver";
    seq: number;
    message: Message;
}
/** An exempt message takes effect now. */
 | {
    kind: "resolve";
    seq: number;
    message: Message;
}
/** The peer has consumed the item, which is counted and had a tag. */
 | {
    kind: "confirmed";
    seq: number;
    item: Item;
}
/** The item is longer than the server takes, and was dropped from the queue. */
 | {
    kind: "refused";
    item: Item;
    code: number;
}
/** Client: the binding is the current attachment now; close the others. */
 | {
    kind: "attached";
    binding: Binding;
}
/** Give the connection of the binding up. */
 | {
    kind: "dead";
    binding: Binding;
    code: number;
    reason: string;
}
/** Client: the path may be dead; dial beside it. */
 | {
    kind: "suspect";
    binding: Binding;
}
/** The message is the latest value of a key; it is outside the sequence, and seq is its own number. */
 | {
    kind: "volatile";
    seq: number;
    key: string;
    message: Message;
}
/** Client: open the next session at url, at a random moment within so many milliseconds. */
 | {
    kind: "move";
    within: number;
    url: string;
};
/** How a session ended. */
export interface Over {
    code: number;
    reason: string;
    /** The peer said so. */
    remote: boolean;
}
/** One end of a session. */
export declare class End {
    #private;
    /** How the session ended; undefined while it lives. */
    over: Over | undefined;
    /** The connection whose frames count, or 0 when detached. */
    current: Binding;
    /** The number of the current or last attachment. */
    att: number;
    /** The longest body, in bytes, that a frame may have. */
    maxFrame: number;
    /** The last binding given out. */
    protected bindings: Binding;
    constructor(cfg: Config);
    /** The smoothed round trip, or 0 when it was not measured yet. */
    get rtt(): Time;
    /** How far this end is with the peer's messages. */
    get progress(): Positions;
    /** Grows with every message of the sequence that comes through, either way, and with word of one. */
    get through(): number;
    /**
     * Queues a message. A request needs its id from nextId. Throws a SendError, or a FrameError for the message. One that is
     * not bounded passes a full queue (PROTOCOL 5.9).
     */
    send(item: Item, bounded?: boolean): void;
    /**
     * Queues an event as the latest value of a key: it takes the place of one that was not written yet. Throws a SendError
     * while there is no connection and while the session is closing or over, and a FrameError for the message or the key
     * (PROTOCOL 17.1, 17.3).
     */
    sendVolatile(key: string, item: Item): void;
    /** Gives out the id of a request (PROTOCOL 3.3). */
    nextId(): number;
    /**
     * Takes a request back. If it has no number yet it is removed and returned; else a cancel message is queued
     * (PROTOCOL 5.3).
     */
    cancel(id: number): Item | undefined;
    /** What this end was asked to send and the peer is not known to have consumed: events and requests, in order. */
    unconfirmed(): Unconfirmed;
    /**
     * Takes one frame that arrived on a binding. post says that it came in a POST, where a gap is no offence, or in the
     * answer to one. False: the rest of the batch is not to be looked at, since the attachment is stale or has ended.
     */
    receive(now: Time, b: Binding, f: Frame, post: boolean, out: Effect[]): boolean;
    /** Says that the peer answered without a frame: an empty poll. */
    heard(now: Time, b: Binding): void;
    /**
     * Whether a request may start (PROTOCOL 5.8). Starting it is start, and then consumed. On the way out no reply can be
     * sent any more, so that no slot would ever be free again: requests need none.
     */
    canStart(): boolean;
    /** Asks the peer for its word when a request waits and canStart says no: its replies may have arrived. */
    starved(): void;
    /** Occupies a slot until the peer has received the reply. */
    start(): void;
    /** Says that the application is done with a message: an event's handler has returned, a request has started. */
    consumed(seq: number): void;
    /** What was received and consumed, for the URL of a poll or the answer of a POST; it counts as told (PROTOCOL 7.5). */
    answer(): Positions;
    /** Whether batch would write something on the current binding. */
    pending(): boolean;
    /**
     * Appends what is to be written on a binding now, as one batch of at most about Config.batch bytes, and gives numbers
     * to what is new in it. It appends nothing when the binding is stale or nothing is pending; it may leave more pending.
     */
    batch(now: Time, b: Binding, enc: Encoding, out: Writer): void;
    /**
     * Ends the session gracefully: what is queued is sent, then CLOSE, and the session is over when the peer has consumed
     * it all. Sending is refused from now on.
     */
    close(code: number, reason: string): void;
    /** Ends the session at once. The peer is told if it can be. */
    abort(code: number, reason: string): void;
    /** Says that the connection of a binding died. */
    lost(now: Time, b: Binding): void;
    /**
     * Makes a connection the current one. What was told on the old one may be lost with it, and counts as told only when
     * it is said again.
     */
    protected bind(now: Time, b: Binding, pulled: boolean): void;
    /** Says that a connection is to be given up; nothing more of its batch is looked at. */
    protected dead(binding: Binding, code: number, reason: string, out: Effect[]): false;
}
