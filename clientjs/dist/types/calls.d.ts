interface Call {
    resolve(data: unknown): void;
    reject(error: unknown): void;
    /** In milliseconds of the driver's clock; Infinity is never. */
    readonly until: number;
}
/** Calls to the server that have no answer yet. Deadlines share one timer, so there is none per call. */
export declare class Calls {
    #private;
    /** No deadline is before it. */
    deadline: number;
    /** cancel is called for a call that is given up. */
    constructor(cancel: (id: number) => void);
    add(id: number, call: Call): void;
    resolve(id: number, data: unknown): void;
    reject(id: number, error: unknown): void;
    /** Rejects a call, and tells the server if it still runs. */
    giveUp(id: number, error: unknown): void;
    rejectAll(error: unknown): void;
    tick(now: number): void;
}
export {};
