import { WeftError } from "./errors.js";
import { type Message } from "./frame/message.js";
import type { Arrival } from "./lane.js";
/** What a handler is told beside its input. */
export interface HandlerContext {
    /** Aborts when the server takes its call back, or the session ends. */
    signal: AbortSignal;
}
export type Handler = (input: any, context: HandlerContext) => unknown;
/** Answers the server's calls. */
export declare class Handlers {
    #private;
    constructor(replied: () => void);
    set(name: string, handler: Handler): () => void;
    received({ id }: Message): void;
    cancel({ id }: Message): void;
    /** Forgets the calls of a session that is over. */
    abortAll(reason: WeftError): void;
    /** Starts a call. False: there is no slot for it (PROTOCOL 5.8). */
    start({ core, message, data }: Arrival): boolean;
}
