/** What a handler is told beside its input. */
export interface HandlerContext {
    /** Aborts when the server takes its call back, or the session ends. */
    signal: AbortSignal;
}
