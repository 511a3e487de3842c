import { CODE, field, layout, type Layout, NAME, number, RAW, TEXT } from "./field.js";
import { MAX_ERROR_TEXT } from "./limits.js";

// Kinds of messages (PROTOCOL 3.1).
export const EVENT = 1; // name, payload
export const REQUEST = 2; // id, name, payload
export const REPLY = 3; // id, payload
export const ERROR = 4; // id, code, text
export const ITEM = 5; // id, payload
export const END = 6; // id
export const CANCEL = 7; // id
export const CREDIT = 8; // id, credit
export const PUBLICATION = 9; // topic, epoch, offset, name, payload
export const GAP = 10; // topic, epoch, offset, to

// Codecs say how a payload is encoded (PROTOCOL 3.2).
export const CODEC_BYTES = 0;
export const CODEC_JSON = 1;
export const CODEC_MESSAGE_PACK = 2;
export const CODEC_PROTOBUF = 3;
export const CODEC_APPLICATION = 128; // the first of the application's own, to 255

/** A payload of no bytes. */
export const EMPTY = new Uint8Array(0);

/** One message of any kind. Which fields count, the kind says. */
export interface Message {
  kind: number;
  codec: number;
  id?: number;
  name?: string;
  /** In an error. */
  code?: number;
  /** In an error. */
  text?: string;
  /** Bytes, in a credit. */
  credit?: number;
  topic?: string;
  epoch?: number;
  /** In a gap: the first offset that is missing. */
  offset?: number;
  /** In a gap: the last offset that is missing. */
  to?: number;
  /** EMPTY in kinds without payload. A JSON payload on its way out is valid, compact JSON. */
  payload: Uint8Array;
}

const id = number("id", 1);
const name = field("name", NAME, 0, "n");
const topic = field("topic", NAME);
const epoch = number("epoch");
const payload = field("payload", RAW);

/** The layout of each kind. */
export const MESSAGES: readonly (Layout | undefined)[] = [
  undefined,
  layout("event", name, payload),
  layout("request", id, name, payload),
  layout("reply", id, payload),
  layout("error", id, field("code", CODE), field("text", TEXT, MAX_ERROR_TEXT)),
  layout("item", id, payload),
  layout("end", id),
  layout("cancel", id),
  layout("credit", id, number("credit", 0, "bytes")),
  layout("publication", topic, epoch, number("offset", 1), name, payload),
  layout("gap", topic, epoch, number("offset", 1, "from"), number("to", 1)),
];

/**
 * Whether messages of this kind start work at the peer and are limited by its window. The others are exempt
 * (PROTOCOL 5.1, 5.2).
 */
export function isCounted(kind: number): boolean {
  return kind === EVENT || kind === REQUEST || kind === PUBLICATION || kind === GAP;
}
