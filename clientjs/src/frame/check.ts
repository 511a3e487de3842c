import { refuse, refuseSize } from "./code.js";
import { sizeOf } from "./encode.js";
import {
  CODE, EXTRAS, type Fields, FINAL, FIXED, type Layout, MESSAGE, NAME, NUMBER, RAW, TEXT, TOKEN,
} from "./field.js";
import { type Extras, type Frame, FRAMES, OTHER } from "./frame.js";
import { MAX_EXTRA_VALUE, MAX_EXTRAS, MAX_NAME } from "./limits.js";
import { CODEC_APPLICATION, CODEC_JSON, CODEC_PROTOBUF, type Message, MESSAGES } from "./message.js";

export { sizeOf };

// The rules about values, which both encodings share. What a frame looks like on the wire is the decoders' business.

const utf8 = new TextEncoder();
const dataOverhead = 8; // the longest seq: what DATA's body adds to its message

/**
 * Throws a FrameError unless a message that an application wants to send can be encoded and fits maxFrame bytes,
 * whatever its seq will be: 4413 if only the size is wrong, else 4400. That a JSON payload is valid and compact is not
 * checked, only that there is one.
 */
export function checkMessage(m: Message, maxFrame: number): void {
  if (m.codec === CODEC_JSON && !m.payload.length) {
    refuse("invalid JSON");
  }
  checkValues(m);
  if (sizeOf(m) + dataOverhead > maxFrame) {
    refuseSize();
  }
}

/** Throws a FrameError unless the frame is valid, and returns it. */
export function checkFrame(frame: Frame): Frame {
  checkFields(FRAMES[frame.type] ?? OTHER, frame as unknown as Fields);
  return frame;
}

/** Whether s may be a name, a topic or a key: 1 to 255 bytes of UTF-8 without control characters (PROTOCOL 2.7). */
export function validName(s: unknown): boolean {
  return validText(s, MAX_NAME) && s !== "" && !/[\0-\x1f\x7f]/.test(s);
}

/** Whether v is a number of the protocol, and at least as great as least. */
export function validNumber(v: unknown, least = 0): v is number {
  return Number.isSafeInteger(v) && (v as number) >= least;
}

/** JavaScript's strings may hold half a surrogate pair, which UTF-8 cannot say. */
function validText(s: unknown, limit: number): s is string {
  return typeof s === "string" && !/\p{Cs}/u.test(s) && utf8.encode(s).length <= limit;
}

function checkValues(m: Message): void {
  const layout = MESSAGES[m.kind] ?? refuse("unknown message kind");
  const last = layout.fields.at(-1)!;
  const reserved = !validNumber(m.codec) || m.codec > 255 || (m.codec > CODEC_PROTOBUF && m.codec < CODEC_APPLICATION);
  if (last[1] === RAW ? reserved : m.codec) {
    refuse("codec is reserved or out of place");
  }
  checkFields(layout, m as unknown as Fields);
}

function checkFields(layout: Layout, values: Fields): void {
  for (const [key, what, arg] of layout.fields) {
    const value = values[key] as never;
    if (what === MESSAGE) {
      checkValues(value);
    } else if (!validField(what, arg, value)) {
      refuse(`invalid ${key}`);
    }
  }
  const { rcv, ack, offset, to } = values as Record<string, number>;
  if (ack! > rcv! || offset! > to!) {
    refuse("numbers in the wrong order");
  }
}

function validField(what: number, arg: number, value: never): boolean {
  switch (what) {
    case NUMBER:
      return validNumber(value, arg);
    case CODE:
      return validNumber(value, 1000) && value < 5000;
    case FINAL:
      return value === undefined || (validNumber(value) && validNumber(value + 1));
    case NAME:
      return validName(value);
    case TEXT:
      return validText(value ?? "", arg);
    case FIXED:
      return (value as Uint8Array).length === arg;
    case TOKEN:
      return !value || (value as Uint8Array).length === arg;
    case EXTRAS:
      return validExtras(value);
  }
  return true;
}

function validExtras(extras: Extras): boolean {
  return (
    extras.size <= MAX_EXTRAS &&
    [...extras].every(([name, value]) => /^[a-z0-9.-]{1,64}$/.test(name) && validText(value, MAX_EXTRA_VALUE))
  );
}
