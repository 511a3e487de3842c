import { type Kind } from "../kind.js";
import type { Action } from "./action.js";
import { Recovery } from "./recovery.js";
/** What becomes of dials, attempts and connections that have served their time. */
export declare abstract class Outcomes extends Recovery {
    /** Says that a dialled connection is open. */
    opened(now: number, kind: Kind, out: Action[]): void;
    /** Says that the outstanding attempt is the current attachment now. */
    ready(now: number, kind: Kind, out: Action[]): void;
    /** Says that a creation, a dial or an attempt came to nothing. */
    failed(now: number, kind: Kind, out: Action[]): void;
    /**
     * Says that the current connection has carried as much as it may (PROTOCOL 14.10): another one of its kind takes over,
     * and it is used until then. To be told again changes nothing.
     */
    worn(now: number, out: Action[]): void;
}
