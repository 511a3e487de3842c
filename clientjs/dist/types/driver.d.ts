import { Client } from "./core/client.js";
import type { Over, Window } from "./core/core.js";
import { WeftError } from "./errors.js";
import type { Positions } from "./frame/frame.js";
import type { Message } from "./frame/message.js";
import type { Host, Link, Position } from "./link.js";
import { type Action, type Kind } from "./plan.js";
import { type SocketClass } from "./websocket.js";
/** How a driver is set up. */
export interface Setup {
    /** The mount's URL, without a slash at its end. */
    mount: string;
    headers: () => Record<string, string>;
    fetch: typeof fetch;
    WebSocket: SocketClass | undefined;
    order: readonly Kind[];
    queue: Window;
}
/** Whom a driver works for. */
export interface Owner {
    /** The connection is another, or there is none any more. */
    moved(kind: Kind | undefined): void;
    deliver(seq: number, message: Message): void;
    resolve(message: Message): void;
    /** The session is over: start another one, or nothing happens any more. */
    over(over: Over): void;
    /** Called after everything that happened: what waits for the core may go on. */
    settled(): void;
    /** Called when the time has come that deadline says. */
    tick(now: number): void;
    readonly deadline: number;
}
/** What an item's tag must be: it learns what became of the item. */
export interface Tag {
    confirmed(): void;
    refused(error: WeftError): void;
}
/** Runs the core and the plan over links, with one timer for all deadlines. */
export declare class Driver implements Host {
    #private;
    core: Client;
    readonly mount: string;
    readonly fetch: typeof fetch;
    readonly headers: () => Record<string, string>;
    readonly hold: number;
    constructor(setup: Setup, owner: Owner);
    /** Begins a session, the first one or the one after one that is over. */
    start(): void;
    /** The smoothed round trip in milliseconds; what attaching took before one was measured. */
    get rtt(): number;
    /** The time in milliseconds, by the clock that tick is given. */
    get now(): number;
    /** Keeps to one kind of transport. */
    force(kind: Kind | undefined): void;
    /** Cuts the current connection. */
    cut(): void;
    /** Time may have passed unnoticed; online: or the network is another. */
    wake(online: boolean): void;
    /** Sees to it that what was queued, or consumed, is written when the code that runs now has finished. */
    schedule(): void;
    position(): Position | undefined;
    tell(): Positions;
    opened(link: Link): void;
    received(link: Link, batch: Uint8Array): void;
    heard(link: Link): void;
    down(link: Link): void;
    /** Every event runs in here: it ends with what must follow, whatever happened. */
    run(event: (now: number, out: Action[]) => void): void;
}
