import type { Host, Link } from "./link.js";
/**
 * One POST waits for what the server says, another brings what the client says (PROTOCOL 11.1 to 11.6). Requests have
 * no deadlines of their own: who finds the path dead, or an attempt too long, closes the link.
 */
export declare class LongPollLink implements Link {
    #private;
    readonly kind = "longpoll";
    binding: number;
    writable: boolean;
    constructor(host: Host);
    /** The first batch's answer is poll number 0. After that one batch is on its way at a time. */
    send(batch: Uint8Array): Promise<void>;
    poll(): Promise<void>;
    close(): void;
}
