import type { Client } from "./core/client.js";
import type { Frame } from "./frame/frame.js";
import type { Hold } from "./hold.js";
import type { Kind } from "./kind.js";
import type { SocketClass } from "./websocket.js";

/** @internal A connection. It moves batches of whole frames and knows nothing else; it tells its Host what happens. */
export interface Link {
  readonly kind: Kind;
  /** The core's name for it; 0 until HELLO or ATTACH is sent on it. */
  binding: number;
  /** It takes a batch now. */
  readonly takes: boolean;
  /** Sends a batch; the first one begins with HELLO or ATTACH. */
  send(batch: Uint8Array): void;
  /** Lets polls go on, where there are any; once. */
  poll?(): void;
  /** Ends it; the Host hears nothing more of it. It is idempotent. */
  close(code: number, reason: string): void;
}

/** @internal One transport as READY offers it (PROTOCOL 8.9). */
export interface Offer {
  kind: Kind;
  /** Relative to the mount. */
  url: string;
  /** Of the certificates that the server uses, by SHA-256 in base64url, where no authority names them. */
  hashes?: string[] | undefined;
  /** The bytes, both ways, after which a connection is to be replaced by another one; nothing: never. */
  rotate?: number | undefined;
}

/** Options of connect. All may be left out. */
export interface ConnectOptions {
  /**
   * Headers of every request but a WebSocket's, which can have none. They are read each time, so a getter may give what
   * changes. Authorization is sent where the server asks who the client is, and gives way to the session's own elsewhere.
   */
  headers?: Record<string, string>;
  /**
   * The transports that may be used, best first. Default: webtransport, websocket, sse and longpoll, in the order that the server
   * prefers. Without longpoll there is no floor to stand on: the session is opened by a POST all the same, and then waits
   * for what may be used.
   */
  transports?: readonly Kind[];
  /** Default: the global fetch. */
  fetch?: typeof fetch;
  /** Default: the global WebSocket; where there is none, only long polling works. */
  WebSocket?: SocketClass;
  /**
   * Where to keep what was learnt of networks, so that the next page begins with the transport that works. Default:
   * localStorage; null: nowhere.
   */
  memory?: Pick<Storage, "getItem" | "setItem"> | null;
  /** How much may wait to be sent, in messages and in bytes, before emit and call reject. Default: 1024 and 1 MiB. */
  queue?: { messages: number; bytes: number };
}

/** @internal How connections are made. */
export interface Setup extends ConnectOptions {
  /** The mount's URL, without a slash at its end. */
  mount: string;
}

/** @internal The mount at a URL, as Setup has it. */
export const mountAt = (url: string | URL, base?: string): string => new URL(url, base).href.replace(/\/?([?#].*)?$/, "");

/** @internal What links need and whom they tell. */
export interface Host {
  readonly setup: Setup;
  /** Requests say of it who and where they are. */
  readonly core: Client;
  /** What its polls have learnt, for those of the next link too. */
  readonly hold: Hold;

  opened(link: Link): void;
  /** A batch from the server; without frames it says only that the server is there. post: it answers what was sent. */
  received(link: Link, batch: Uint8Array, post?: boolean): void;
  /** The same, of frames that are decoded as they are taken: that throws when one is invalid. */
  frames(link: Link, frames: Iterable<Frame>): void;
  /** It is dead. */
  down(link: Link): void;
}
