import { Latest } from "./core/latest.js";
import type { Driver } from "./driver.js";
import type { Unconfirmed } from "./events.js";
import { type Setup } from "./link.js";
/** What a server's wish has set going: that the next session is opened elsewhere (PROTOCOL 18). */
export declare class Move {
    #private;
    next: Driver | undefined;
    /** When the old session is ended, whatever it still has; 0: it is not being closed. */
    by: number;
    /** What came before the next session is the current one. */
    readonly early: (() => void)[];
    /** And what came so outside the sequence. */
    readonly latest: Latest;
    /** What the next session left, if it ended before that. */
    left: Unconfirmed[];
    /** Throws when the session cannot go there. */
    constructor(home: Setup, mount: string, url: string, within: number, now: number);
    /** Does what is due, and says when something will be. unanswered: how many calls there are, either way, without an answer. */
    proceed(now: number, old: Driver, unanswered: number, open: (setup: Setup) => Driver): number;
}
