import type { Kind } from "./kind.js";
import type { SocketClass } from "./websocket.js";
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
    queue?: {
        messages: number;
        bytes: number;
    };
}
