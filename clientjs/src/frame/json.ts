import { fromBase64, toBase64 } from "./base64.js";
import { checkFrame, validNumber } from "./check.js";
import { BAD_VERSION, FrameError, refuse, refuseSize } from "./code.js";
import { bodySize, sortExtras } from "./encode.js";
import {
  CODE, EXTRAS, type Field, type Fields, FINAL, FIXED, MESSAGE, NUMBER, RAW, TEXT, TOKEN, VERSION,
} from "./field.js";
import { type Encoding, EXTENSION, type Extras, type Frame, FRAMES, OTHER, PAD, PROTOCOL_VERSION } from "./frame.js";
import { isObject, type Parsed, parseLine } from "./jsontext.js";
import { MAX_BATCH_FRAMES } from "./limits.js";
import { CODEC_BYTES, CODEC_JSON, EMPTY, type Message, MESSAGES } from "./message.js";
import { decodeText } from "./reader.js";

const utf8 = new TextEncoder();

/** The JSON encoding: WebSocket text messages of subprotocol weft.1.json. A bundle that does not use it lacks it. */
export const json: Encoding = {
  append(out, frame) {
    if (frame.type === PAD) {
      return;
    }
    const layout = FRAMES[frame.type] ?? OTHER;
    const members: Fields = { t: layout.name };
    if (frame.type === EXTENSION) {
      members.type = frame.number;
    }
    const last = addMembers(members, layout.fields, frame as unknown as Fields);
    const text = JSON.stringify(members);
    out.text(last ? `${text.slice(0, -1)},${last}}\n` : `${text}\n`);
  },

  *decode(batch, maxFrame) {
    let frames = 0;
    for (let at = 0; at < batch.length; ) {
      const lf = batch.indexOf(10, at);
      const line = batch.subarray(at, lf < 0 ? batch.length : lf);
      at += line.length + 1;
      if (++frames > MAX_BATCH_FRAMES) {
        refuse("too many frames in a batch");
      }
      if (line.length > 2 * maxFrame) {
        refuseSize();
      }
      const frame = readFrame(parseLine(decodeText(line)));
      if (frame && bodySize(frame) > maxFrame) {
        refuseSize();
      }
      if (frame) {
        yield frame;
      }
    }
  },
};

/** Adds the members of fields; what must stand as text, for JSON.stringify would change it, is returned. */
function addMembers(members: Fields, fields: readonly Field[], values: Fields): string {
  let last = "";
  for (const [key, what, , name] of fields) {
    const value = values[key] as never;
    switch (what) {
      case VERSION:
        members[name] = PROTOCOL_VERSION;
        break;
      case TEXT:
        members[name] = value || undefined;
        break;
      case FIXED:
      case TOKEN:
        members[name] = value && toBase64(value);
        break;
      case RAW:
        members[name] = bytesMember(value);
        break;
      case EXTRAS:
        last = extrasText(value);
        break;
      case MESSAGE:
        last = addMessage(members, value);
        break;
      default:
        members[name] = value;
    }
  }
  return last;
}

/** Names that look like indexes of an array would come first in an object. */
function extrasText(extras: Extras): string {
  const pairs = sortExtras(extras).map((pair) => pair.map((s) => JSON.stringify(s)).join(":"));
  return pairs.length ? `"x":{${pairs.join()}}` : "";
}

function addMessage(members: Fields, m: Message): string {
  const { name, fields } = MESSAGES[m.kind]!;
  members.k = name;
  addMembers(members, fields.filter(([, what]) => what !== RAW), m as unknown as Fields);
  if (m.codec === CODEC_JSON) {
    return `"p":${decodeText(m.payload)}`;
  }
  members.c = m.codec || undefined;
  members.b = bytesMember(m.payload);
  return "";
}

const bytesMember = (p: Uint8Array): string | undefined => (p.length ? toBase64(p) : undefined);

/** An object with an unknown "t" is skipped, unless it is critical (PROTOCOL 4.6). */
function readFrame(line: Parsed): Frame | undefined {
  const { t, critical, type } = line.members;
  if (typeof t !== "string") {
    mistyped();
  }
  let number = FRAMES.findIndex((layout) => layout?.name === t);
  const known = number > 0;
  if (!known && critical !== undefined && critical !== false) {
    refuse("unknown critical extension");
  }
  if (!known && t !== OTHER.name) {
    return undefined;
  }
  const frame: Fields = { type: number };
  if (!known) {
    number = readNumber(type);
    if (number < EXTENSION || number > EXTENSION + 15) {
      refuse("unknown frame type");
    }
    Object.assign(frame, { type: EXTENSION, number });
  }
  readFields(line, (FRAMES[number] ?? OTHER).fields, frame);
  return checkFrame(frame as unknown as Frame);
}

function readFields(line: Parsed, fields: readonly Field[], into: Fields): void {
  for (const [key, what, , name] of fields) {
    const member = line.members[name];
    // Another version may have other members, so that it is refused before they are read.
    if (what === VERSION) {
      if (readNumber(member) !== PROTOCOL_VERSION) {
        throw new FrameError(BAD_VERSION, "unknown version");
      }
    } else if (what === MESSAGE) {
      into[key] = readMessage(line);
    } else {
      into[key] = readMember(what, member);
    }
  }
}

function readMember(what: number, member: unknown): unknown {
  switch (what) {
    case NUMBER:
    case CODE:
      return readNumber(member);
    case FINAL:
      return member === undefined ? undefined : readNumber(member);
    case TEXT:
      return member === undefined ? "" : readText(member);
    case FIXED:
      return readBytes(member);
    case TOKEN:
      return member === undefined || member === "" ? undefined : readBytes(member);
    case RAW:
      return member === undefined ? EMPTY : readBytes(member);
    case EXTRAS:
      return readExtras(member);
  }
  return readText(member);
}

function readMessage(line: Parsed): Message {
  const { k, p, c, b } = line.members;
  const kind = MESSAGES.findIndex((layout) => layout && layout.name === k);
  const { fields } = MESSAGES[kind] ?? refuse("unknown message kind");
  const m: Message = { kind, codec: CODEC_BYTES, payload: EMPTY };
  const bare = fields.filter(([, what]) => what !== RAW);
  readFields(line, bare, m as unknown as Fields);
  if (bare.length === fields.length) {
    return m;
  }
  if (p !== undefined) {
    if (b !== undefined || c !== undefined) {
      mistyped();
    }
    return { ...m, codec: CODEC_JSON, payload: utf8.encode(line.p) };
  }
  m.codec = c === undefined ? CODEC_BYTES : readNumber(c);
  if (m.codec === CODEC_JSON) {
    refuse("codec is reserved or out of place");
  }
  return { ...m, payload: readMember(RAW, b) as Uint8Array };
}

function readExtras(member: unknown = {}): Extras {
  if (!isObject(member)) {
    return mistyped();
  }
  return new Map(sortExtras(Object.keys(member).map((name) => [name, readText(member[name])])));
}

/** A number may be written as -0. */
const readNumber = (v: unknown): number => (validNumber(v) ? v + 0 : mistyped());

const readText = (v: unknown): string => (typeof v === "string" ? v : mistyped());

const readBytes = (v: unknown): Uint8Array => fromBase64(readText(v)) ?? mistyped();

const mistyped = (): never => refuse("member is missing or has the wrong type");
