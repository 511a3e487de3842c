import type { Kind } from "./kind.js";
import type { Host, Link } from "./link.js";
export declare const MIME = "application/vnd.weft.1";
export declare const sleep: (ms: number) => Promise<void>;
/**
 * A link that brings what the client says by POST, one batch at a time (PROTOCOL 11.3, 11.6). Requests have no
 * deadlines of their own: who finds the path dead, or an attempt too long, closes the link.
 */
export declare abstract class PostLink implements Link {
    #private;
    abstract readonly kind: Kind;
    binding: number;
    takes: boolean;
    protected readonly host: Host;
    /** It was closed: nobody is told of anything any more. */
    protected gone: boolean;
    constructor(host: Host);
    /** Where the first batch goes. */
    protected abstract get door(): string;
    poll?(): void;
    send(batch: Uint8Array): Promise<void>;
    /** The answer to a request; undefined when it failed for good, or the link is closed. */
    protected tried(tries: number, request: () => Promise<Uint8Array>): Promise<Uint8Array | undefined>;
    /**
     * Makes a request. A batch with an error status is an answer; what is not weft's, say a proxy's, is thrown, and so is
     * what is empty and not 204: when headers were cut off, Chromium makes an answer without a body of them.
     */
    protected post(door: string, body?: Uint8Array | null): Promise<Uint8Array>;
    protected request(door: string, signal: AbortSignal, body?: Uint8Array | null): Promise<Response>;
    /** post: it is not what brings frames down, but answers what was brought up. */
    protected received(answer: Uint8Array | undefined, post?: boolean): void;
    close(): void;
}
