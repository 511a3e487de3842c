import { type ListenOptions, type TypedTarget } from "./emitter.js";
import type { Name, PublicationOf } from "./schema.js";
/** A publication of a topic. */
export interface Publication<N = string, T = unknown> {
    name: N;
    data: T;
    /** Its place in the topic's log. */
    offset: number;
}
/**
 * Publications that are missing: from and to are the first and the last offset. Both are 0 when it is not known how
 * many: the log is another one, and empty.
 */
export interface GapEvent extends Event {
    from: number;
    to: number;
}
/** The end of a subscription that the application did not leave: code 1000 when it closed the session. */
export interface SubscriptionEndEvent extends Event {
    code: number;
    reason: string;
}
export interface SubscriptionEvents {
    /** The topic's log has moved past what was not received. */
    gap: GapEvent;
    closed: SubscriptionEndEvent;
}
/** What weft.subscribe answers (PROTOCOL 10.2). */
export interface Place {
    epoch: number;
    offset: number;
}
declare const Subscription_base: new () => TypedTarget<SubscriptionEvents>;
/**
 * A topic that this client follows; Session.subscribe makes it. It survives reconnects, and the loss of a session: the
 * next one goes on behind the last publication that was received, or there is a gap event.
 */
export declare class Subscription<E = any> extends Subscription_base {
    #private;
    readonly topic: string;
    /** The place in the topic's log: an epoch, and the offset of the last publication that was received. */
    readonly place: Readonly<Place> | undefined;
    /**
     * Calls the listener with the data of every publication of a name, and with the publication. Returns what takes it
     * away. What the listener returns is not awaited.
     */
    on<N extends Name<E>>(name: N, listener: (data: E[N], publication: Publication<N, E[N]>) => unknown, options?: ListenOptions): () => void;
    /**
     * Iterates over the publications from now on. It holds 256 at most: a loop that is slower stops the topic, and the
     * server notices. Leaving the loop unsubscribes. The loop ends with the subscription, and throws a WeftError if that
     * has a code other than 1000.
     */
    [Symbol.asyncIterator](): AsyncGenerator<PublicationOf<E>, void, undefined>;
    /** Stops following the topic. It resolves when the server has confirmed it; nothing is handled from now on. */
    unsubscribe(): Promise<void>;
}
export {};
