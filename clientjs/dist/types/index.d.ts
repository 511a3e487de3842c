import { type ConnectOptions } from "./link.js";
import type { AnySchema, Schema } from "./schema.js";
import { Session } from "./session.js";
export type { Decision } from "./decision.js";
export { WeftError } from "./errors.js";
export type { ListenOptions, TypedTarget } from "./emitter.js";
export type { EndEvent, Ending, SessionEvents, State, Unconfirmed, UnhandledEvent } from "./events.js";
export type { HandlerContext } from "./handlers.js";
export type { Kind } from "./kind.js";
export type { ConnectOptions } from "./link.js";
export type { AnySchema, Schema } from "./schema.js";
export type { CallOptions, SignalOptions, SubscribeOptions, VolatileOptions } from "./options.js";
export type { Session } from "./session.js";
export type { GapEvent, Place, Publication, Subscription, SubscriptionEndEvent, SubscriptionEvents, } from "./subscription.js";
export type { Socket, SocketClass } from "./websocket.js";
/**
 * Opens a session with the mount at a URL, which may be relative to the page's. It returns at once: messages wait, and
 * Session.ready tells when there is a connection. It throws a TypeError when the URL is none.
 */
export declare function connect<S extends Schema = AnySchema>(url: string | URL, options?: ConnectOptions): Session<S>;
