// The wire format of weft/1: frames and messages, in a binary and a JSON encoding. Pure: no I/O, no clock.
// PROTOCOL.md sections 2 to 4 are the reference.

import {
  CODE, EXTRAS, field, FINAL, FIXED, layout, type Layout, MESSAGE, NAME, number, RAW, TEXT, TOKEN, VERSION,
} from "./field.js";
import { MAX_AUTH_TOKEN, MAX_REASON, MAX_URL } from "./limits.js";
import type { Message } from "./message.js";
import type { Writer } from "./writer.js";

// Types of frames (PROTOCOL 2.4).
export const PAD = 0x00;
export const HELLO = 0x01;
export const ATTACH = 0x02;
export const READY = 0x03;
export const DATA = 0x04;
export const ACK = 0x05;
export const PING = 0x06;
export const PONG = 0x07;
export const CLOSE = 0x08;
export const RESET = 0x09;
export const AUTH = 0x0a;
export const GOAWAY = 0x0b;
export const VOLATILE = 0x0c;
export const EXTENSION = 0x10; // the first; to 0x1f

/** The protocol's version. HELLO, ATTACH and READY always carry it; another is refused. */
export const PROTOCOL_VERSION = 1;

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
export type Frame =
  | Hello
  | Attach
  | Ready
  | Data
  | Ack
  | Ping
  | Close
  | Reset
  | Auth
  | Goaway
  | Volatile
  | Other;

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

const version = field("", VERSION, 0, "v");
const sid = field("sid", FIXED, 16);
const att = number("att", 1);
const gen = number("gen");
const rcv = number("rcv");
const ack = number("ack");
const extras = field("extras", EXTRAS, 0, "x");
const message = field("message", MESSAGE);
const ping = [number("nonce"), rcv, ack] as const;
const code = field("code", CODE);
const reason = field("reason", TEXT, MAX_REASON);

/** The layout of each type; all others are OTHER. */
export const FRAMES: readonly (Layout | undefined)[] = [
  undefined,
  layout("hello", version, field("nonce", FIXED, 16), extras),
  layout("attach", version, sid, field("token", FIXED, 32), att, gen, rcv, ack, extras),
  layout(
    "ready", version, sid, field("token", TOKEN, 32), att, gen, rcv, ack, number("top"), number("w"), number("wb"),
    number("dw"), number("dwb"), number("maxFrame"), number("pingMs"), number("ttlMs"), extras,
  ),
  layout("data", number("seq", 1, "s"), message),
  layout("ack", rcv, ack),
  layout("ping", ...ping),
  layout("pong", ...ping),
  layout("close", code, field("final", FINAL), reason),
  layout("reset", code, number("consumed"), reason),
  layout("auth", field("token", TEXT, MAX_AUTH_TOKEN)),
  layout("goaway", number("drainMs"), field("url", TEXT, MAX_URL)),
  layout("volatile", number("seq", 0, "s"), field("key", NAME), message),
];

/** The layout of PAD and of extensions. */
export const OTHER: Layout = layout("ext", field("raw", RAW, 0, "b"));
