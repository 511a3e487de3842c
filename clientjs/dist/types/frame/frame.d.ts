import { type Layout } from "./field.js";
import type { Message } from "./message.js";
import type { Writer } from "./writer.js";
export declare const PAD = 0;
export declare const HELLO = 1;
export declare const ATTACH = 2;
export declare const READY = 3;
export declare const DATA = 4;
export declare const ACK = 5;
export declare const PING = 6;
export declare const PONG = 7;
export declare const CLOSE = 8;
export declare const RESET = 9;
export declare const AUTH = 10;
export declare const GOAWAY = 11;
export declare const VOLATILE = 12;
export declare const EXTENSION = 16;
/** The protocol's version. HELLO, ATTACH and READY always carry it; another is refused. */
export declare const PROTOCOL_VERSION = 1;
/** Named strings in an opening frame. */
export type Extras = ReadonlyMap<string, string>;
/** What one end has of the other's messages. */
export interface Positions {
    rcv: number;
    ack: number;
}
export interface Hello {
    type: typeof HELLO;
    /** 16 bytes. */
    nonce: Uint8Array;
    extras: Extras;
}
export interface Attach extends Positions {
    type: typeof ATTACH;
    /** 16 bytes. */
    sid: Uint8Array;
    /** 32 bytes. */
    token: Uint8Array;
    att: number;
    gen: number;
    extras: Extras;
}
export interface Ready extends Positions {
    type: typeof READY;
    /** 16 bytes. */
    sid: Uint8Array;
    /** 32 bytes, in answer to HELLO. */
    token: Uint8Array | undefined;
    att: number;
    gen: number;
    top: number;
    /** What the client may send: messages, and bytes of them. */
    w: number;
    wb: number;
    /** What the server will have outstanding. */
    dw: number;
    dwb: number;
    /** In bytes. */
    maxFrame: number;
    pingMs: number;
    ttlMs: number;
    extras: Extras;
}
export interface Data {
    type: typeof DATA;
    seq: number;
    message: Message;
}
export interface Ack extends Positions {
    type: typeof ACK;
}
export interface Ping extends Positions {
    type: typeof PING | typeof PONG;
    nonce: number;
}
export interface Close {
    type: typeof CLOSE;
    code: number;
    /** finalSeq of a graceful close. */
    final: number | undefined;
    reason: string;
}
export interface Reset {
    type: typeof RESET;
    code: number;
    consumed: number;
    reason: string;
}
export interface Auth {
    type: typeof AUTH;
    token: string;
}
export interface Goaway {
    type: typeof GOAWAY;
    drainMs: number;
    url: string;
}
export interface Volatile {
    type: typeof VOLATILE;
    seq: number;
    key: string;
    message: Message;
}
/** PAD, whose number is 0, and extensions that are not critical. */
export interface Other {
    type: typeof PAD | typeof EXTENSION;
    /** The type on the wire. */
    number: number;
    raw: Uint8Array;
}
/** One frame of any type. After decoding binary, payload and raw alias the input; everything else is a copy. */
export type Frame = Hello | Attach | Ready | Data | Ack | Ping | Close | Reset | Auth | Goaway | Volatile | Other;
/** One of the two encodings of a batch. */
export interface Encoding {
    /** Appends one frame, which must be valid. In JSON the line ends with LF, and PAD is nothing at all. */
    append(out: Writer, frame: Frame): void;
    /**
     * Takes a batch apart. It throws a FrameError with the code 4400, 4413 or 4426; what follows in the batch is lost.
     * Extensions that are not critical are given, for the caller to skip; a critical one is an error.
     */
    decode(batch: Uint8Array, maxFrame: number): Generator<Frame, void>;
}
/** The layout of each type; all others are OTHER. */
export declare const FRAMES: readonly (Layout | undefined)[];
/** The layout of PAD and of extensions. */
export declare const OTHER: Layout;
