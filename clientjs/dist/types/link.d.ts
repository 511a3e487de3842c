import type { Kind } from "./plan.js";
import type { SocketClass } from "./websocket.js";
/** Options of connect. All may be left out. */
export interface ConnectOptions {
    /**
     * Headers of every request but a WebSocket's, which can have none. They are read each time, so a getter may give what
     * changes. Authorization is sent when a session is opened, and is the session's own after that.
     */
    headers?: Record<string, string>;
    /**
     * The transports that may be used. Default: websocket and longpoll. With one alone the session is kept on it, as by
     * Session.force; it is opened by a POST all the same.
     */
    transports?: readonly Kind[];
    /** Default: the global fetch. */
    fetch?: typeof fetch;
    /** Default: the global WebSocket; where there is none, only long polling works. */
    WebSocket?: SocketClass;
    /** How much may wait to be sent, in messages and in bytes, before emit and call reject. Default: 1024 and 1 MiB. */
    queue?: {
        messages: number;
        bytes: number;
    };
}
