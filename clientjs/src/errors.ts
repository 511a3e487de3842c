import { BAD_PROTOCOL, DONE, FrameError, RATE_LIMITED } from "./frame/code.js";
import { SendError } from "./core/send.js";

/**
 * A failure with the code that the protocol or the server gave it: a code of PROTOCOL.md section 12, or 3000 to 3999
 * for the application's own. Throw one in a handler to answer a call of the server with it.
 */
export class WeftError extends Error {
  override readonly name = "WeftError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What an application is told when a message was not taken. */
export function refusalOf(e: unknown): unknown {
  if (e instanceof SendError) {
    return e.why === "full" ? new WeftError(RATE_LIMITED, "send queue full") : new WeftError(DONE, "session closed");
  }
  return e instanceof FrameError ? new WeftError(e.code, e.reason) : e;
}

/** The code and reason of bytes from the server that cannot be taken. What is no such thing is thrown again. */
export function offenceOf(e: unknown): FrameError {
  if (e instanceof FrameError) {
    return e;
  }
  if (e instanceof SyntaxError) {
    return new FrameError(BAD_PROTOCOL, "invalid JSON");
  }
  throw e;
}

/** Reports an exception of a listener where uncaught ones go. It must not end what called the listener. */
export function report(e: unknown): void {
  queueMicrotask(() => {
    throw e;
  });
}
