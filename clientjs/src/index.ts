import { CLIENT_DEFAULTS } from "./core/client.js";
import type { Kind } from "./plan.js";
import type { AnySchema, Schema } from "./schema.js";
import { Session } from "./session.js";
import type { SocketClass } from "./websocket.js";

export { WeftError } from "./errors.js";
export type { ListenOptions, TypedTarget } from "./emitter.js";
export type { HandlerContext } from "./handlers.js";
export type { Kind } from "./plan.js";
export type { AnySchema, Schema } from "./schema.js";
export type {
  CallOptions, EndEvent, Ending, Session, SessionEvents, SignalOptions, State, SubscribeOptions, Unconfirmed,
  UnhandledEvent,
} from "./session.js";
export type {
  GapEvent, Place, Publication, Subscription, SubscriptionEndEvent, SubscriptionEvents,
} from "./subscription.js";
export type { Socket, SocketClass } from "./websocket.js";

/** The version of this client. */
export const version = "0.1.0";

/** Options of connect. All may be left out. */
export interface ConnectOptions {
  /**
   * Headers of every request but a WebSocket's, which can have none; a function is asked each time. Authorization is
   * sent when a session is opened, and is the session's own after that.
   */
  headers?: Record<string, string> | (() => Record<string, string>);
  /**
   * The kinds of transports that may be used, best first. Default: websocket, longpoll. Without longpoll the session is
   * still opened by one POST, and then kept on the first kind.
   */
  transports?: readonly Kind[];
  /** Default: the global fetch. */
  fetch?: typeof fetch;
  /** Default: the global WebSocket; where there is none, only long polling is used. */
  WebSocket?: SocketClass;
  /** How much may wait to be sent, in messages and in bytes, before emit and call reject. Default: 1024 and 1 MiB. */
  queue?: { messages: number; bytes: number };
}

/**
 * Opens a session with the mount at a URL, which may be relative to the page's. It returns at once: messages wait, and
 * Session.ready tells when there is a connection. It throws a TypeError when the URL is none.
 */
export function connect<S extends Schema = AnySchema>(url: string | URL, options: ConnectOptions = {}): Session<S> {
  const mount = new URL(url, globalThis.document?.baseURI);
  mount.search = mount.hash = "";
  const { headers = {}, queue = CLIENT_DEFAULTS.queue } = options;
  const Class = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined);
  const transports = options.transports ?? ["websocket", "longpoll"];
  const setup = {
    mount: mount.href.replace(/\/$/, ""),
    headers: typeof headers === "function" ? headers : () => headers,
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    WebSocket: Class,
    order: transports.filter((kind) => kind === "longpoll" || Class),
    queue,
  };
  return new Session<S>(setup, transports.includes("longpoll") ? undefined : transports[0]);
}
