import assert from "node:assert/strict";

import { sizeOf } from "../frame/encode.js";
import { DATA, type Frame, VOLATILE } from "../frame/frame.js";
import { json } from "../frame/json.js";
import { CODEC_BYTES, type Message } from "../frame/message.js";
import { Writer } from "../frame/writer.js";

// Frames as the traces write them: the JSON encoding, without what is the same everywhere. conformance/vectors/core
// says what may be left out.

type Line = Record<string, unknown>;

const ZEROS_16 = "A".repeat(22);
const ZEROS_32 = "A".repeat(43);

/** Members that a line leaves out, by its "t". */
const DEFAULTS: Record<string, Line> = {
  hello: { v: 1, nonce: ZEROS_16 },
  attach: { v: 1, sid: ZEROS_16, token: ZEROS_32, gen: 0 },
  ready: {
    v: 1, sid: ZEROS_16, gen: 0, w: 256, wb: 131072, dw: 1024, dwb: 524288, maxFrame: 1048576, pingMs: 15000,
    ttlMs: 120000,
  },
};

const utf8 = new TextEncoder();
const MAX_FRAME = 1 << 24;

/** The frame that a line stands for. */
export function expandFrame(line: Line): Frame {
  const { size, ...members } = { ...DEFAULTS[String(line.t)], ...line };
  const [frame] = json.decode(utf8.encode(JSON.stringify(members)), MAX_FRAME);
  assert(frame, `no frame: ${JSON.stringify(line)}`);
  if (size !== undefined) {
    assert(hasMessage(frame));
    frame.message.payload = new Uint8Array(Number(size) - sizeOf(frame.message));
  }
  return frame;
}

export function expandMessage(line: Line): Message {
  const frame = expandFrame({ t: "data", s: 1, ...line });
  assert(frame.type === DATA);
  return frame.message;
}

/** The line that stands for a frame, its members in the order of their names. */
export function shortenFrame(frame: Frame): Line {
  const out = new Writer();
  if (hasMessage(frame) && isFill(frame.message)) {
    json.append(out, { ...frame, message: { ...frame.message, payload: new Uint8Array(0) } });
  } else {
    json.append(out, frame);
  }
  const line = JSON.parse(Buffer.from(out.take()).toString()) as Line;
  for (const [name, value] of Object.entries(DEFAULTS[String(line.t)] ?? {})) {
    if (line[name] === value) {
      delete line[name];
    }
  }
  if (hasMessage(frame) && isFill(frame.message)) {
    line.size = sizeOf(frame.message);
  }
  return Object.fromEntries(Object.entries(line).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hasMessage(frame: Frame): frame is Extract<Frame, { message: Message }> {
  return frame.type === DATA || frame.type === VOLATILE;
}

/** Whether a payload is there for its length only. */
function isFill({ codec, payload }: Message): boolean {
  return codec === CODEC_BYTES && payload.length > 0 && payload.every((byte) => byte === 0);
}
