import assert from "node:assert/strict";
import { test } from "node:test";

import { binary } from "./binary.js";
import { checkMessage } from "./check.js";
import { FrameError } from "./code.js";
import { appendMessage, sizeOf } from "./encode.js";
import { DATA, type Encoding, type Frame } from "./frame.js";
import { json } from "./json.js";
import { DEFAULT_MAX_FRAME } from "./limits.js";
import { CODEC_JSON } from "./message.js";
import { loadVectors, type Vector } from "./vectors.testing.js";
import { Writer } from "./writer.js";

function encodeAll(encoding: Encoding, frames: Frame[]): Uint8Array {
  const out = new Writer();
  for (const frame of frames) {
    encoding.append(out, frame);
  }
  return out.take();
}

const hex = (p: Uint8Array): string => Buffer.from(p).toString("hex");
const text = (p: Uint8Array): string => Buffer.from(p).toString();

function wantEncodings(v: Vector, encoding: Encoding, batch: Uint8Array): void {
  const frames = [...encoding.decode(batch, v.maxFrame)];
  if (v.binary) {
    assert.equal(hex(encodeAll(binary, frames)), hex(v.binary));
  }
  if (v.json) {
    assert.equal(text(encodeAll(json, frames)), text(v.json).replace(/([^\n])$/, "$1\n"));
  }
  frames.forEach(wantSize);
}

function wantSize(frame: Frame): void {
  if (frame.type !== DATA) {
    return;
  }
  const out = new Writer();
  appendMessage(out, frame.message);
  assert.equal(sizeOf(frame.message), out.length);
  if (frame.message.codec !== CODEC_JSON || frame.message.payload.length) {
    checkMessage(frame.message, DEFAULT_MAX_FRAME);
  }
}

function wantCode(v: Vector, encoding: Encoding, batch: Uint8Array | undefined): void {
  if (batch) {
    assert.throws(
      () => [...encoding.decode(batch, v.maxFrame)],
      (e) => e instanceof FrameError && e.code === v.code,
    );
  }
}

function run(v: Vector): void {
  if (v.code !== undefined) {
    wantCode(v, binary, v.binary);
    wantCode(v, json, v.json);
    return;
  }
  if (v.binary) {
    wantEncodings(v, binary, v.binary);
  }
  for (const line of v.json ? [v.json, ...v.spellings] : v.spellings) {
    wantEncodings(v, json, line);
  }
}

// PROTOCOL 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9, 2.10, 2.11, 2.12: each vector names its own.
// PROTOCOL 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.8, 4.1, 4.2, 4.3, 4.4, 4.5, 4.6, 4.7, 4.8
for (const [file, vectors] of loadVectors()) {
  test(file, async (t) => {
    for (const v of vectors) {
      await t.test(v.name, () => run(v));
    }
  });
}
