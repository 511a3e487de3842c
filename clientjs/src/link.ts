import type { Positions } from "./frame/frame.js";
import type { Kind } from "./plan.js";

/** A connection. It moves batches of whole frames and knows nothing else; it tells its Host what happens. */
export interface Link {
  readonly kind: Kind;
  /** The core's name for it; 0 until HELLO or ATTACH is sent on it. */
  binding: number;
  /** It takes a batch now. */
  readonly writable: boolean;
  /** Sends a batch; the first one begins with HELLO or ATTACH. */
  send(batch: Uint8Array): void;
  /** Lets polls go on, where there are any. */
  poll(): void;
  /** Ends it; the Host hears nothing more of it. It is idempotent. */
  close(code: number, reason: string): void;
}

/** Who the requests of a session come from. */
export interface Position {
  /** 16 bytes. */
  sid: Uint8Array;
  /** 32 bytes. */
  token: Uint8Array;
  att: number;
}

/** What links need and whom they tell. */
export interface Host {
  /** The mount's URL, without a slash at its end. */
  readonly mount: string;
  readonly fetch: typeof fetch;
  /** The application's own headers. */
  headers(): Record<string, string>;
  /** Undefined: there is no session yet. */
  position(): Position | undefined;
  /** What was received and consumed; it counts as told. */
  tell(): Positions;
  /** How long a poll may take, in milliseconds. */
  readonly hold: number;

  opened(link: Link): void;
  received(link: Link, batch: Uint8Array): void;
  /** An answer without frames. */
  heard(link: Link): void;
  /** It is dead. */
  down(link: Link): void;
}
