import { type Attach, type Frame, type Positions, type Ready } from "../frame/frame.js";
import { type Binding, type Config, type Effect, End, type Time } from "./core.js";
import { type Cursor, type Source } from "./cursor.js";
/** What a server end is told beside. */
export interface ServerConfig extends Config {
    /** Silence before a PING. */
    ping: Time;
    /** How long a detached session is kept. */
    ttl: Time;
    /** How long a receipt may stay unreported. */
    ackDelay: Time;
}
/** PROTOCOL 16.1. */
export declare const SERVER_DEFAULTS: ServerConfig;
/** What READY carries beside the numbers. */
export type Opening = Pick<Ready, "sid" | "token" | "gen" | "extras">;
/** The end that owns the session. */
export declare class Server extends End {
    #private;
    /** A server end that nothing is bound to. */
    constructor(cfg: ServerConfig);
    /** What this end holds for messages that are on their way: queued, unacknowledged, received and not consumed. */
    get bytes(): number;
    /** Says that a request bore the session's token: the client has READY, and HELLO is over. */
    tokenUsed(): void;
    /** Binds a connection that said HELLO, the first time or again. Throws a FrameError. */
    hello(now: Time, pulled: boolean, opening: Opening): Binding;
    /**
     * Binds a connection that said ATTACH with the right token. Nothing has changed when it throws a FrameError
     * (PROTOCOL 8.3).
     */
    attach(now: Time, pulled: boolean, f: Attach, opening: Opening, out: Effect[]): Binding;
    /**
     * Takes a poll of the current binding: what the client says it received rewinds the writing (PROTOCOL 11.5). again
     * says that the client did not get the answer before, so that it is told once more what it was told there.
     */
    poll(now: Time, b: Binding, rcv: number, ack: number, again: boolean, out: Effect[]): boolean;
    /** Says that a poll of a binding was answered or given up. */
    pollDone(now: Time, b: Binding): void;
    /**
     * Asks the client to open a session at url at a random moment within the given time, and then to close this one. It is
     * said on every attachment from now on.
     */
    move(now: Time, within: Time, url: string): void;
    receive(now: Time, b: Binding, f: Frame, post: boolean, out: Effect[]): boolean;
    /**
     * What a POST's answer says (PROTOCOL 7.5). It counts as told only when a POST has brought something new: a late copy
     * of one that was retried has nobody who reads its answer.
     */
    answer(): Positions;
    /** The last event is reported at once: the peer's emit waits for it. */
    consumed(seq: number): void;
    /**
     * When nothing is missing at a closing end but that its peer has heard CLOSE, the session ends with the connection. A
     * client that has not heard it comes back and learns of it from the tombstone; one that has, stays away.
     */
    detach(now: Time): void;
    /** Adds a subscription; see cursor.ts. */
    subscribe(topic: string, epoch: number, source: Source, offset: number, last: number, stale: boolean): Cursor;
    /** Notes that a cursor's log reaches to upto (PROTOCOL 10.4). */
    mark(c: Cursor, upto: number): void;
    /** Ends a cursor: nothing more is taken for it. */
    unsubscribe(c: Cursor): void;
    /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
    tick(now: Time, out: Effect[]): void;
    /** When tick has something to do next; Infinity when only an event can change that. */
    deadline(): Time;
}
