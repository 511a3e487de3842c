import { WS } from "./kind.js";
import { BUFFER } from "./limits.js";
import type { Host, Link } from "./link.js";

/** What is used of a WebSocket. */
export interface Socket {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** A WebSocket class: the browser's, or one like it. */
export type SocketClass = new (url: string, protocol: string) => Socket;


/** @internal One message is one batch (PROTOCOL 11.8). */
export class WebSocketLink implements Link {
  readonly kind = WS;
  binding = 0;
  readonly #socket: Socket;

  /** Dials. It throws when there is no WebSocket, or its URL is not allowed here. */
  constructor(host: Host) {
    const { mount, WebSocket: Class = WebSocket as SocketClass } = host.setup;
    const socket = (this.#socket = new Class(`${mount.replace(/^http/, "ws")}/ws`, "weft.1"));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => host.opened(this);
    // A text is a message of the wrong type: it becomes bytes that are no frame.
    socket.onmessage = ({ data }) => host.received(this, new Uint8Array(typeof data === "string" ? [255] : data));
    socket.onclose = () => host.down(this);
    socket.onerror = () => {}; // close follows
  }

  get takes(): boolean {
    return this.#socket.bufferedAmount < BUFFER;
  }

  send(batch: Uint8Array): void {
    this.#socket.send(batch as Uint8Array<ArrayBuffer>); // nothing happens when it is closed
  }

  close(code: number, reason: string): void {
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    // Browsers throw where an application would claim one of the codes between.
    this.#socket.close(code < 3000 ? 1000 : code, reason);
  }
}
