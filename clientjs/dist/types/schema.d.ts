import type { Publication } from "./subscription.js";
/**
 * What goes between a client and its server, as a type for connect. What is left out does not exist.
 *
 * ```ts
 * interface Chat {
 *   events: {
 *     in: { notice: Notice };              // the server sends: s.on("notice", ...)
 *     out: { say: { room: string; text: string } }; // this client sends: s.emit("say", ...)
 *   };
 *   calls: { sum: (input: { a: number; b: number }) => number };  // the server answers: s.call("sum", ...)
 *   handlers: { locate: () => Position };  // this client answers: s.handle("locate", ...)
 *   topics: { [topic: `room:${string}`]: { said: Said } };
 * }
 * const s = connect<Chat>("/rt");
 * ```
 */
export interface Schema {
    events?: {
        in?: object;
        out?: object;
    };
    calls?: object;
    handlers?: object;
    topics?: object;
}
/** The schema of who does not give one: everything goes. */
export interface AnySchema {
    events: {
        in: Anything;
        out: Anything;
    };
    calls: {
        [name: string]: (input?: any) => any;
    };
    handlers: {
        [name: string]: (input: any) => any;
    };
    topics: {
        [topic: string]: Anything;
    };
}
interface Anything {
    [name: string]: any;
}
type Nothing = Record<never, never>;
/** The names that a part of a schema has. */
export type Name<T> = keyof T & string;
export type EventsIn<S> = S extends {
    events: {
        in: infer T;
    };
} ? T : Nothing;
export type EventsOut<S> = S extends {
    events: {
        out: infer T;
    };
} ? T : Nothing;
export type Calls<S> = S extends {
    calls: infer T;
} ? T : Nothing;
export type Handlers<S> = S extends {
    handlers: infer T;
} ? T : Nothing;
export type Topics<S> = S extends {
    topics: infer T;
} ? T : Nothing;
/** What a call takes. */
export type Input<F> = F extends (input: infer T) => unknown ? T : never;
/** What a call gives. */
export type Output<F> = F extends (...args: never[]) => infer T ? Awaited<T> : never;
/** A payload, which may be left out if it may be undefined, and options. */
export type Arguments<T, O> = undefined extends T ? [data?: T, options?: O] : [data: T, options?: O];
/** Any publication of a topic: its name tells its data. */
export type PublicationOf<E> = {
    [N in Name<E>]: Publication<N, E[N]>;
}[Name<E>];
export {};
