import { Client } from "./core/client.js";
import type { Over } from "./core/core.js";
import { type Decision } from "./decision.js";
import type { Frame } from "./frame/frame.js";
import { type Message } from "./frame/message.js";
import { Hold } from "./hold.js";
import type { Host, Link, Setup } from "./link.js";
import { type Action, type Kind } from "./plan.js";
/** Whom a driver works for. */
export interface Owner {
    /** The connection is another, or there is none any more. */
    moved(kind?: Kind): void;
    /** A message has arrived. */
    message(message: Message, seq: number): void;
    /** The latest value of a key has arrived, outside the sequence. */
    latest(message: Message, key: string): void;
    /** The session is over: start another one, or nothing happens any more. */
    over(over: Over): void;
    /** Called after everything that happened. It says when it is to be called again, at the latest. */
    settled(now: number): number;
}
/** The tag of every event and request: it learns what became of it. */
export interface Tag {
    resolve(value: unknown): void;
    reject(error: unknown): void;
}
/** The time in milliseconds: that of the wall when the page was loaded, and steady from then on. */
export declare const clock: () => number;
/** Runs the core and the plan over links, with one timer for all deadlines. */
export declare class Driver implements Host {
    #private;
    core: Client;
    readonly setup: Setup;
    readonly hold: Hold;
    /** The latest, the oldest first. */
    readonly decisions: Decision[];
    constructor(setup: Setup, owner: Owner);
    /** Begins a session: the first one when the code that runs now has finished, since its messages may ride along. */
    start(): void;
    /** The smoothed round trip in milliseconds; what attaching took before one was measured. */
    get rtt(): number;
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
    received(link: Link, batch: Uint8Array): void;
    frames(link: Link, frames: Iterable<Frame>, post?: boolean): void;
    down(link: Link): void;
    /**
     * Every event runs in here: it ends with what must follow, whatever happened. What the application does while it is told
     * of an event has its consequences after that one's.
     */
    run(event: (now: number, out: Action[]) => void): void;
}
