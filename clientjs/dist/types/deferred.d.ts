/** A promise and what settles it. */
export declare class Deferred<T> {
    readonly promise: Promise<T>;
    resolve: (value: T) => void;
    reject: (error: unknown) => void;
    constructor();
}
