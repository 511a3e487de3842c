import { PostLink } from "./post.js";
/** One POST waits for what the server says, another brings what the client says (PROTOCOL 11.1 to 11.6). */
export declare class LongPollLink extends PostLink {
    #private;
    readonly kind = "longpoll";
    protected get door(): string;
    poll(): Promise<void>;
}
