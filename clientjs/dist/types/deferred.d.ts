/** A promise and what settles it. Its own rejection may go unnoticed: who hands it on knows who waits. */
export declare class Deferred<T> {
    resolve: (value: T) => void;
    reject: (error: unknown) => void;
    readonly promise: Promise<T>;
    constructor();
}
/** Waits for a promise, but not when the signal aborts. */
export declare function unlessAborted<T>(promise: Promise<T> | undefined, signal: AbortSignal | undefined): Promise<T | undefined>;
