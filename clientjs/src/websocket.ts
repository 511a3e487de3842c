import type { Host, Link } from "./link.js";

/** What is used of a WebSocket. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
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

const OPEN = 1;
/** Bytes that may wait in the browser; what is beyond waits in the session, where it can still be counted. */
const BUFFER = 256 << 10;

/** One message is one batch (PROTOCOL 11.8). */
export class WebSocketLink implements Link {
  readonly kind = "websocket";
  binding = 0;
  readonly #socket: Socket;

  /** Dials. It throws when the URL is not allowed here. */
  constructor(host: Host, Class: SocketClass, url: string) {
    const socket = new Class(url, "weft.1");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => host.opened(this);
    socket.onmessage = ({ data }) => host.received(this, typeof data === "string" ? TEXT : new Uint8Array(data));
    socket.onclose = () => host.down(this);
    socket.onerror = () => {}; // close follows
    this.#socket = socket;
  }

  get writable(): boolean {
    return this.#socket.readyState === OPEN && this.#socket.bufferedAmount < BUFFER;
  }

  send(batch: Uint8Array): void {
    if (this.#socket.readyState === OPEN) {
      this.#socket.send(batch as Uint8Array<ArrayBuffer>);
    }
  }

  poll(): void {}

  close(code: number, reason: string): void {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code, reason);
  }
}

/** Stands for a message of the wrong type: reserved flags, which no frame has. */
const TEXT = Uint8Array.of(0xff);
