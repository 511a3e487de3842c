import { checkFrame } from "./check.js";
import { BAD_VERSION, FrameError, malformed, refuseSize } from "./code.js";
import { appendBody } from "./encode.js";
import { EXTRAS, type Field, type Fields, FINAL, FIXED, MESSAGE, NAME, RAW, TEXT, TOKEN, VERSION } from "./field.js";
import {
  type Encoding, EXTENSION, type Extras, type Frame, FRAMES, OTHER, PAD, PROTOCOL_VERSION, VOLATILE,
} from "./frame.js";
import { MAX_BATCH_FRAMES, MAX_EXTRAS } from "./limits.js";
import { EMPTY, type Message, MESSAGES } from "./message.js";
import { decodeText, Reader } from "./reader.js";

const typeMask = 0x1f;
const flagCritical = 0x20;
const flagsReserved = 0xc0;

/** The binary encoding: WebSocket messages of subprotocol weft.1, POST and poll bodies. */
export const binary: Encoding = {
  append(out, frame) {
    out.byte("number" in frame ? frame.number : frame.type);
    out.sized(() => appendBody(out, frame));
  },

  *decode(batch, maxFrame) {
    const r = new Reader(batch);
    for (let frames = 1; r.length; frames++) {
      if (frames > MAX_BATCH_FRAMES) {
        malformed();
      }
      yield readFrame(r, maxFrame);
    }
  },
};

function readFrame(r: Reader, maxFrame: number): Frame {
  const head = r.byte();
  const number = head & typeMask;
  const critical = head & flagCritical;
  if (head & flagsReserved || (critical && number < EXTENSION)) {
    malformed();
  }
  const size = r.varint();
  if (size > maxFrame) {
    refuseSize();
  }
  const body = new Reader(r.take(size));
  if (critical) {
    malformed();
  }
  if (number > VOLATILE && number < EXTENSION) {
    malformed();
  }
  const layout = FRAMES[number];
  const frame: Fields = layout ? { type: number } : { type: number === PAD ? PAD : EXTENSION, number };
  readFields(body, (layout ?? OTHER).fields, frame);
  if (body.length) {
    malformed();
  }
  return checkFrame(frame as unknown as Frame);
}

function readFields(r: Reader, fields: readonly Field[], into: Fields): void {
  for (const [key, what, arg] of fields) {
    if (what === VERSION) {
      readVersion(r);
    } else {
      into[key] = readField(r, what, arg);
    }
  }
}

/** Another version may have other fields, so that it is refused before they are read. */
function readVersion(r: Reader): void {
  if (r.varint() !== PROTOCOL_VERSION) {
    throw new FrameError(BAD_VERSION, "unknown version");
  }
}

function readField(r: Reader, what: number, arg: number): unknown {
  switch (what) {
    case FINAL: {
      const final = r.varint();
      return final ? final - 1 : undefined;
    }
    case NAME:
      return decodeText(r.string());
    case TEXT:
      return decodeText(r.take());
    case FIXED:
      return r.take(arg).slice();
    case TOKEN: {
      const token = r.string();
      return token.length ? token.slice() : undefined;
    }
    case EXTRAS:
      return readExtras(r);
    case MESSAGE:
      return readMessage(r);
    case RAW:
      return r.take();
  }
  return r.varint();
}

function readMessage(r: Reader): Message {
  const kind = r.byte();
  const m: Message = { kind, codec: r.byte(), payload: EMPTY };
  readFields(r, MESSAGES[kind]?.fields ?? malformed(), m as unknown as Fields);
  return m;
}

function readExtras(r: Reader): Extras {
  const extras = new Map<string, string>();
  const count = r.varint();
  let last = "";
  for (let i = 0; i < count; i++) {
    const name = decodeText(r.string());
    if (i >= MAX_EXTRAS || name <= last) {
      malformed();
    }
    extras.set((last = name), decodeText(r.string()));
  }
  return extras;
}
