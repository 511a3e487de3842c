import type { Host } from "./link.js";
import { PostLink } from "./post.js";
/**
 * An event stream brings what the server says, POSTs what the client says (PROTOCOL 4, 11.6). The stream is nobody's
 * until ATTACH names it, and by then it has been seen to flow. It is fetched by POST: an EventSource has no headers.
 */
export declare class SseLink extends PostLink {
    #private;
    readonly kind = "sse";
    /** Dials. */
    constructor(host: Host);
    protected get door(): string;
    send(batch: Uint8Array): Promise<void>;
    close(): void;
}
