import type { Decision } from "./decision.js";
import { type ListenOptions, type TypedTarget } from "./emitter.js";
import type { Ending, SessionEvents, State } from "./events.js";
import { type HandlerContext } from "./handlers.js";
import type { Kind } from "./kind.js";
import type { CallOptions, SignalOptions, SubscribeOptions, VolatileOptions } from "./options.js";
import type { AnySchema, Arguments, Calls as CallsOf, EventsIn, EventsOut, Handlers as HandlersOf, Input, Name, Output, Topics as TopicsOf } from "./schema.js";
import type { Subscription } from "./subscription.js";
declare const Session_base: new () => TypedTarget<SessionEvents>;
/** A session with a server. connect makes it. */
export declare class Session<S = AnySchema> extends Session_base {
    #private;
    /** What the session is doing; the event `statechange` tells when it changes. */
    readonly state: State;
    /** What carries it now, if anything does; the event `transportchange` tells when it changes. */
    readonly transport: Kind | undefined;
    /** Resolves when the session has ended for good. */
    readonly closed: Promise<Ending>;
    /** The smoothed round trip in milliseconds; 0 when it is not known yet. */
    get rtt(): number;
    /** How the session finds its transport: what happened, was done and decided, the oldest first, at most 64 entries. */
    get decisions(): readonly Decision[];
    /**
     * Resolves when there is a session; after a loss, when there is the next one. Rejects with a WeftError when the
     * server refuses for good, or the session is closed before.
     */
    get ready(): Promise<void>;
    /**
     * Calls the listener with the data of every direct event of a name. Returns what takes it away. What the listener
     * returns is not awaited. Events that came before the first listener are kept for it. Volatile ones come here, too.
     */
    on<N extends Name<EventsIn<S>>>(name: N, listener: (data: EventsIn<S>[N]) => unknown, options?: ListenOptions): () => void;
    /** Answers the server's calls of a name. Returns what takes the handler away; another one replaces it. */
    handle<N extends Name<HandlersOf<S>>>(name: N, handler: (input: Input<HandlersOf<S>[N]>, context: HandlerContext) => Output<HandlersOf<S>[N]> | PromiseLike<Output<HandlersOf<S>[N]>>): () => void;
    /**
     * Sends an event. Resolves when the server has handled it, whatever came of that. Rejects with a WeftError: 4429 when
     * too much waits to be sent, 4413 when it is too large, the session's code when that is lost or closed. A signal
     * takes it back if it has not left yet.
     */
    emit<N extends Name<EventsOut<S>>>(name: N, ...args: Arguments<EventsOut<S>[N], SignalOptions>): Promise<void>;
    /**
     * Sends the latest value of something that changes often: a cursor, a position. It never waits, and is outside the order
     * of everything else: it takes the place of the value of the same key that has not left yet, and what is on its way may
     * get lost with its connection. Returns whether it was taken: not so without a connection. Throws a WeftError: 4413 when
     * it is too large, 4400 when the name or the key cannot be sent.
     */
    volatile<N extends Name<EventsOut<S>>>(name: N, ...args: Arguments<EventsOut<S>[N], VolatileOptions>): boolean;
    /**
     * Calls the server and resolves to what it answers. Rejects with a WeftError: the server's code, 4408 after timeout,
     * and those of emit. A signal takes the call back: the server's handler is told.
     */
    call<N extends Name<CallsOf<S>>>(name: N, ...args: Arguments<Input<CallsOf<S>[N]>, CallOptions>): Promise<Output<CallsOf<S>[N]>>;
    /**
     * Follows a topic. Rejects with a WeftError when the server does not allow it (4403), or the topic is followed
     * already (4400).
     */
    subscribe<T extends Name<TopicsOf<S>>>(topic: T, options?: SubscribeOptions): Promise<Subscription<TopicsOf<S>[T]>>;
    /**
     * Ends the session when what was sent has been handled, after 10 s at most (timeout, in milliseconds). Resolves when
     * it has ended.
     */
    close({ timeout }?: {
        timeout?: number;
    }): Promise<void>;
    /**
     * Keeps the session on one kind of transport; null lifts it. One that does not work leaves the session without a
     * connection. It throws a TypeError when there is no such kind.
     */
    force(kind: Kind | null): void;
    /** Cuts the current connection, as a network would; the session resumes. It is meant for trying things out. */
    drop(): void;
}
export {};
