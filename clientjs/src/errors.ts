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

/** Reports an exception of the application's where uncaught ones go. It must not end what called the application. */
export function report(e: unknown): void {
  queueMicrotask(() => {
    throw e;
  });
}
