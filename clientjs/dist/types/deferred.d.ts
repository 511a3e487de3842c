/** A promise and what settles it. Its own rejection may go unnoticed: who hands it on knows who waits. */
export declare class Deferred<T> {
    resolve: (value: T) => void;
    reject: (error: unknown) => void;
    readonly promise: Promise<T>;
    constructor();
}
