export interface SignalOptions {
    /** Takes the message back when it aborts; the promise is rejected with the signal's reason. */
    signal?: AbortSignal | undefined;
}
export interface CallOptions extends SignalOptions {
    /** Milliseconds after which the call is taken back and rejected with code 4408. Default: none. */
    timeout?: number | undefined;
}
export interface VolatileOptions {
    /** What the value is the latest of: 1 to 255 bytes. Default: the name. */
    key?: string | undefined;
}
export interface SubscribeOptions extends SignalOptions {
    /** How many publications before the log's end to begin with. Default: 0. */
    history?: number | undefined;
}
