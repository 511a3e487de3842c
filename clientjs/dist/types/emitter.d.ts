type Listener = (...args: never[]) => unknown;
/** Options of a listener. */
export interface ListenOptions {
    /** Takes the listener away when it aborts. */
    signal?: AbortSignal | undefined;
}
/** Listeners by name. A function listens once, however often it is added. */
export declare class Emitter {
    #private;
    /** Adds a listener, and returns what takes it away. */
    on(name: string, listener: Listener, { signal }?: ListenOptions): () => void;
    /** Calls the listeners of a name. What they return is not awaited. False: there are none. */
    emit(name: string, ...args: unknown[]): boolean;
}
/** An EventTarget whose events are known. */
export interface TypedTarget<Events> extends EventTarget {
    addEventListener<K extends keyof Events>(type: K, listener: (event: Events[K]) => unknown, options?: boolean | AddEventListenerOptions): void;
    addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
    removeEventListener<K extends keyof Events>(type: K, listener: (event: Events[K]) => unknown, options?: boolean | EventListenerOptions): void;
    removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
}
/** Dispatches an event with members of its own. */
export declare function fire(target: EventTarget, type: string, detail?: object): void;
export {};
