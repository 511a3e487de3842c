import type { Driver } from "./driver.js";
import { WeftError } from "./errors.js";
import type { Arrival } from "./lane.js";
import type { SubscribeOptions } from "./options.js";
import { type Port, Subscription } from "./subscription.js";
/** What topics need of their session. */
interface Session extends Omit<Port, "leave"> {
    /** That of the session which what is sent now belongs to. */
    sending(): Driver;
}
/** The topics that an application follows, from session to session. */
export declare class Topics {
    #private;
    constructor(session: Session);
    subscribe(topic: string, options: SubscribeOptions): Promise<Subscription<any>>;
    /** Hands a publication, or a gap, to its subscription. */
    push(a: Arrival): void;
    /** Follows them again, in another session. */
    rejoin(): void;
    /** Ends them all. */
    end(error: WeftError): void;
}
export {};
