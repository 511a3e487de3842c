import { type Message } from "../frame/message.js";
import type { Time } from "./core.js";
import type { Source } from "./cursor.js";
import { Item } from "./item.js";
/** Bounds of a topic's log. The oldest publications go first (PROTOCOL 10.1). */
export interface LogLimits {
    publications: number;
    bytes: number;
    age: Time;
}
/** A topic's log: publications, with the offsets first to last. */
export declare class Log implements Source {
    #private;
    readonly topic: string;
    readonly epoch: number;
    constructor(topic: string, epoch: number, limits: LogLimits);
    /** The offset of the last publication, or 0. */
    get last(): number;
    /** The size of the publications that the log holds. */
    get bytes(): number;
    /** Adds a publication and drops what is beyond the limits; the newest one always stays. */
    append(now: Time, { name, codec, payload }: Required<Pick<Message, "name" | "codec" | "payload">>): Item;
    /** Drops what is beyond the limits. */
    trim(now: Time): void;
    next(after: number): Item | number | undefined;
    /** Where a new subscription that wants n publications of history begins. */
    start(n: number): number;
}
