// Why something ended (PROTOCOL 12.1).
export const DONE = 1000;
export const BAD_PROTOCOL = 4400;
export const AUTH_EXPIRED = 4401;
export const FORBIDDEN = 4403;
export const NOT_FOUND = 4404; // errors of requests only
export const TIMEOUT = 4408;
export const SUPERSEDED = 4409;
export const UNKNOWN = 4410; // unknown or expired session
export const STALE_POLL = 4411; // a newer poll is here
export const DIVERGED = 4412;
export const TOO_LARGE = 4413;
export const BAD_VERSION = 4426;
export const RATE_LIMITED = 4429;
export const WINDOW_BROKEN = 4430;
export const SHED = 4431;
export const CANCELED = 4499; // errors of requests only
export const INTERNAL = 4500;
export const DRAINING = 4503;

/** What a client does about a code (PROTOCOL 12.2). */
export type Class = "final" | "resume" | "delay" | "lost" | "superseded";

/** The class of a code. Unknown codes are final. */
export function classOf(code: number): Class {
  switch (code) {
    case AUTH_EXPIRED:
    case TIMEOUT:
    case STALE_POLL:
    case INTERNAL:
    case DRAINING:
      return "resume";
    case RATE_LIMITED:
      return "delay";
    case UNKNOWN:
    case DIVERGED:
    case WINDOW_BROKEN:
    case SHED:
      return "lost";
    case SUPERSEDED:
      return "superseded";
  }
  return "final";
}

/** A refusal with its code: what a peer sent, or an application wants to send, could not be taken. */
export class FrameError extends Error {
  readonly code: number;
  /** A constant: safe to show to the peer. */
  readonly reason: string;

  constructor(code: number, reason: string) {
    super(`weft: ${reason} (${code})`);
    this.code = code;
    this.reason = reason;
  }
}

/**
 * Refuses a batch that does not decode. Which rule it breaks is not said: the bytes would be paid by every page,
 * and the server's decoder tells the same mistakes apart.
 */
export function malformed(): never {
  refuse("malformed frame");
}

/** Refuses what breaks the protocol. */
export function refuse(reason: string): never {
  throw new FrameError(BAD_PROTOCOL, reason);
}

/** Refuses what is longer than it may be. */
export function refuseSize(): never {
  throw new FrameError(TOO_LARGE, "frame is too large");
}
