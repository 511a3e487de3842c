import { type Encoding, type Extras, type Frame, type Ready } from "../frame/frame.js";
import type { Writer } from "../frame/writer.js";
import { type Binding, type Config, type Effect, End, type Time } from "./core.js";
/** PROTOCOL 16.1. */
export declare const CLIENT_DEFAULTS: Config;
/** The end that opens the session and attaches to it. */
export declare class Client extends End {
    #private;
    /** What the last READY said, or undefined before the first one. The token is in it from the first one on. */
    session: Ready | undefined;
    /**
     * The session ends by itself when it has been without a connection for as long as the server keeps it: where it was
     * opened there may be nobody any more who could say so (PROTOCOL 18.6).
     */
    expires: boolean;
    /** A client end that has no session yet. nonce is 16 random bytes; extras ride in HELLO and ATTACH. */
    constructor(cfg: Config, nonce: Uint8Array, extras?: Extras);
    /** The binding whose HELLO or ATTACH has no answer yet, or 0. */
    get outstanding(): Binding;
    /**
     * Begins an attempt on a new connection: HELLO while there is no session, ATTACH with the next att once there is. An
     * attempt before it that has no answer yet is given up. The first batch for the connection is appended to out.
     */
    open(now: Time, pulled: boolean, enc: Encoding, out: Writer): Binding;
    /** End.receive, which also takes the answer to the outstanding HELLO or ATTACH, and with binding 0 that to a dial. */
    receive(now: Time, b: Binding, f: Frame, post: boolean, out: Effect[]): boolean;
    close(code: number, reason: string): void;
    /**
     * Is close after a server's wish that the client moves: the session is over when the server, which then closes as well,
     * has brought what it had queued.
     */
    leave(code: number, reason: string): void;
    lost(now: Time, b: Binding): void;
    /** Says that time may have passed unnoticed: the network is back, the page is visible again (PROTOCOL 13.5). */
    wake(now: Time): void;
    /**
     * Says that a batch goes out on a binding in a POST, which will be answered, or its connection given up
     * (PROTOCOL 13.8).
     */
    posted(now: Time, b: Binding): void;
    /** Says that the answer to the last POST of a binding has come. */
    answered(b: Binding): void;
    /** Does what the time asks for. It may be called at any time, and has something to do at deadline. */
    tick(now: Time, out: Effect[]): void;
    /** When tick has something to do next; Infinity when only an event can change that. */
    deadline(): Time;
}
