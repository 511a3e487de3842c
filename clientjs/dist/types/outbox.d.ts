import type { Client } from "./core/client.js";
import type { Over } from "./core/core.js";
import { Deferred } from "./deferred.js";
import type { Ending } from "./events.js";
import { type Message } from "./frame/message.js";
import type { CallOptions, SignalOptions } from "./options.js";
/** The tag of every event and request: it learns what became of it. */
export interface Sent extends Deferred<unknown> {
    readonly data: unknown;
    /** When it is given up, in milliseconds of clock. */
    readonly until: number;
    /** Takes it back, and rejects it. */
    readonly giveUp: (reason: unknown) => void;
}
/** Whom an outbox is of. */
interface Port {
    readonly core: Client;
    schedule(): void;
}
/** What is sent in a session: events and requests, each of which learns what became of it. */
export declare class Outbox {
    #private;
    constructor(port: Port);
    /** How many requests have no answer yet. */
    get pending(): number;
    /** Sends a request of the protocol's own. What fills the queue is no reason to lose a topic. */
    request(what: string, data: object, options?: SignalOptions): Promise<any>;
    /** Sends an event or a request, and waits for what becomes of it. */
    send(kind: number, name: string, data: unknown, { signal, timeout }?: CallOptions): Promise<unknown>;
    /** Takes the answer to a request. */
    answer({ kind, id, code, text }: Message, data: unknown): void;
    /** Gives up what has taken too long, and says when something will have. */
    expire(now: number): number;
    /** Rejects what waits, as the session has ended, and says what that leaves. */
    end({ code, reason }: Over): Ending;
}
export {};
