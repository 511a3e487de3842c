import { fromBase64 } from "./base64.js";
import { checkFrame } from "./check.js";
import { BAD_VERSION, FrameError, malformed } from "./code.js";
import { EXTRAS, type Field, type Fields, FIXED, type Layout, MESSAGE, RAW, TEXT, TOKEN, VERSION } from "./field.js";
import { type Frame, FRAMES, PROTOCOL_VERSION } from "./frame.js";
import { CODEC_JSON, EMPTY, MESSAGES } from "./message.js";

type Members = Record<string, any>;

const utf8 = new TextEncoder();

const beforePayload = ',"p":';

/**
 * Decodes a line of the JSON encoding as an encoder writes it: "t" comes first, the payload last, and there is no
 * white space. A frame of an unknown type is undefined, to be skipped. It throws on what nobody could use, and where a
 * payload stands elsewhere; the decoder in json.ts is strict and takes every spelling, for more bytes.
 *
 * The payload stays text, for its bytes are counted, and -0 or 1e400 would not go out as they came in. It is where it
 * seems to begin: quotes within strings are escaped, deeper in the object there is no whole one before it, and with a
 * member behind it the payload is no JSON.
 */
export function decodeLine(line: string): Frame | undefined {
  const at = /^{"t":"[dv]/.test(line) ? line.indexOf(beforePayload) : -1; // in data and volatile
  const members: Members = JSON.parse(at < 0 ? line : line.slice(0, at) + "}");
  const type = indexOf(FRAMES, members.t);
  if (type < 0) {
    return typeof members.t !== "string" || members.critical ? malformed() : undefined;
  }
  const json = at < 0 ? undefined : line.slice(at + beforePayload.length, -1);
  return checkFrame(readFields({ type }, FRAMES[type]!.fields, members, json) as unknown as Frame);
}

/** Reads fields into a frame or message. A member that is missing or mistyped is refused when that is checked. */
function readFields(into: Fields, fields: readonly Field[], members: Members, json: string | undefined): Fields {
  for (const [key, what, , name] of fields) {
    const member = members[name];
    if (what === VERSION) {
      if (member !== PROTOCOL_VERSION) {
        throw new FrameError(BAD_VERSION, "unknown version");
      }
    } else if (what === MESSAGE) {
      const kind = indexOf(MESSAGES, members.k);
      into[key] = readFields({ kind, codec: 0, payload: EMPTY }, MESSAGES[kind]!.fields, members, json);
    } else if (what === RAW) {
      const { b = "", c = 0, p } = members;
      into.codec = json === undefined ? c : CODEC_JSON;
      into[key] = json === undefined ? readBytes(p === undefined ? b : p) : utf8.encode(json);
    } else if (what === FIXED || (what === TOKEN && member)) {
      into[key] = readBytes(member);
    } else if (what === EXTRAS) {
      into[key] = new Map(Object.entries(member ?? {}));
    } else {
      into[key] = what === TEXT ? member ?? "" : member;
    }
  }
  return into;
}

const indexOf = (layouts: readonly (Layout | undefined)[], name: unknown): number =>
  layouts.findIndex((layout) => layout && layout.name === name);

const readBytes = (s: string): Uint8Array => fromBase64(s) ?? malformed();
