import type { Host, Link } from "./link.js";
/** One POST waits for what the server says, another brings what the client says (PROTOCOL 11.1 to 11.6). */
export declare class LongPollLink implements Link {
    #private;
    readonly kind = "longpoll";
    binding: number;
    constructor(host: Host);
    get writable(): boolean;
    send(batch: Uint8Array): void;
    poll(): Promise<void>;
    /** What is being sent may still arrive, which does no harm, and may be the session's last word. */
    close(): void;
}
