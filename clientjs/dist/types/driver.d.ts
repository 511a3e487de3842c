import { Client } from "./core/client.js";
import { type Decision } from "./decision.js";
import type { Ending } from "./events.js";
import type { Frame } from "./frame/frame.js";
import { type Message } from "./frame/message.js";
import { Hold } from "./hold.js";
import { type Kind } from "./kind.js";
import type { Host, Link, Setup } from "./link.js";
import { Outbox } from "./outbox.js";
import type { Action } from "./plan/action.js";
/** Whom a driver works for. */
export interface Owner {
    /** The connection is another, or there is none any more. */
    moved(kind?: Kind): void;
    /** A message has arrived. */
    message(message: Message, seq: number): void;
    /** The latest value of a key has arrived, outside the sequence. */
    latest(message: Message, key: string): void;
    /** The next session is to be opened at url, at a random moment within so many milliseconds. */
    asked(url: string, within: number): void;
    /** The session is over: start another one, or nothing happens any more. */
    over(ending: Ending): void;
    /** Called after everything that happened. It says when it is to be called again, at the latest. */
    settled(now: number): number;
}
/** Runs the core and the plan over links, with one timer for all deadlines. */
export declare class Driver implements Host {
    #private;
    core: Client;
    setup: Setup;
    readonly hold: Hold;
    /** The latest, the oldest first. */
    readonly decisions: Decision[];
    readonly outbox: Outbox;
    constructor(setup: Setup, owner: Owner, decisions: Decision[]);
    /**
     * Begins a session, perhaps at another mount than the one before: the first one when the code that runs now has finished,
     * since its messages may ride along.
     */
    start(setup?: Setup): void;
    /** The smoothed round trip in milliseconds; what attaching took before one was measured. */
    get rtt(): number;
    /** What carries the session now, if anything does. */
    get kind(): Kind | undefined;
    /** Keeps to one kind of transport. */
    force(kind: Kind | null): void;
    /** Lets go of all connections: the page is put to sleep, and cannot answer. wake ends it, when it is told online. */
    rest(): void;
    /** Cuts the current connection. */
    cut(): void;
    /** Time may have passed unnoticed; online: and the network may be another. */
    wake(online: boolean): void;
    /** Sees to it that what was queued, or consumed, is written when the code that runs now has finished. */
    schedule(): void;
    opened(link: Link): void;
    received(link: Link, batch: Uint8Array, post?: boolean): void;
    frames(link: Link, frames: Iterable<Frame>, post?: boolean): void;
    down(link: Link): void;
    /**
     * Every event runs in here: it ends with what must follow, whatever happened. What the application does while it is told
     * of an event has its consequences after that one's.
     */
    run(event: (now: number, out: Action[]) => void): void;
}
