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
/** One message is one batch (PROTOCOL 11.8). */
export declare class WebSocketLink implements Link {
    #private;
    readonly kind = "websocket";
    binding: number;
    /** Dials. It throws when the URL is not allowed here. */
    constructor(host: Host, Class: SocketClass, url: string);
    get writable(): boolean;
    send(batch: Uint8Array): void;
    poll(): void;
    close(code: number, reason: string): void;
}
