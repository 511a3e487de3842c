import { FrameError } from "./frame/code.js";
/**
 * A failure with the code that the protocol or the server gave it: a code of PROTOCOL.md section 12, or 3000 to 3999
 * for the application's own. Throw one in a handler to answer a call of the server with it.
 */
export declare class WeftError extends Error {
    readonly name = "WeftError";
    readonly code: number;
    constructor(code: number, message: string);
}
/** What an application is told when a message was not taken. */
export declare function refusalOf(e: unknown): unknown;
/** The code and reason of bytes from the server that cannot be taken. What is no such thing is thrown again. */
export declare function offenceOf(e: unknown): FrameError;
/** Reports an exception of a listener where uncaught ones go. It must not end what called the listener. */
export declare function report(e: unknown): void;
