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
