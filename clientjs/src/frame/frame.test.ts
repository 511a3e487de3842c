import assert from "node:assert/strict";
import { test } from "node:test";

import { fromBase64, toBase64 } from "./base64.js";
import { binary } from "./binary.js";
import { checkMessage, validName } from "./check.js";
import { BAD_PROTOCOL, classOf, FrameError, INTERNAL, TOO_LARGE } from "./code.js";
import { ACK, DATA, type Frame } from "./frame.js";
import { json } from "./json.js";
import { CODEC_JSON, EMPTY, END, ERROR, EVENT, GAP, isCounted, type Message, REQUEST } from "./message.js";
import { varintSize, Writer } from "./writer.js";

const refusal = (code: number) => (e: unknown) => e instanceof FrameError && e.code === code;

// PROTOCOL 2.2
test("varints are minimal", () => {
  const sizes = new Map([
    [0, 1], [63, 1], [64, 2], [16383, 2], [16384, 4], [2 ** 30 - 1, 4], [2 ** 30, 8], [Number.MAX_SAFE_INTEGER, 8],
  ]);
  for (const [v, size] of sizes) {
    const out = new Writer();
    out.varint(v);
    assert.equal(out.length, size);
    assert.equal(varintSize(v), size);
    const p = out.take();
    assert.equal(p[0]! >> 6, Math.log2(size));
  }
});

// PROTOCOL 2.7
test("names", () => {
  for (const name of ["n", "weft.x", "é\u0080", "__proto__", "n".repeat(255), "\u{1f600}"]) {
    assert.ok(validName(name), name);
  }
  const invalid = ["", "\0", "a\x1f", "\x7f", "\ud800", "\udc00x", "n".repeat(256), "é".repeat(128), undefined, 1];
  for (const name of invalid) {
    assert.ok(!validName(name), String(name));
  }
});

// PROTOCOL 2.7, 3.1, 3.2, 3.3, 3.4, 3.5, 5.7
test("what an application may send", () => {
  const bare = { codec: 0, payload: EMPTY };
  const event = { ...bare, kind: EVENT, name: "n" };
  const rest = 2048 - 8 - 4; // seq; kind, codec, name
  const cases: [string, Message, number][] = [
    ["event", event, 0],
    ["JSON", { ...event, codec: CODEC_JSON, payload: Uint8Array.of(0x31) }, 0],
    ["JSON without payload", { ...event, codec: CODEC_JSON }, BAD_PROTOCOL],
    ["kind 0", { ...bare, kind: 0 }, BAD_PROTOCOL],
    ["no name", { ...bare, kind: EVENT }, BAD_PROTOCOL],
    ["lone surrogate", { ...event, name: "\ud800" }, BAD_PROTOCOL],
    ["reserved codec", { ...event, codec: 4 }, BAD_PROTOCOL],
    ["codec 256", { ...event, codec: 256 }, BAD_PROTOCOL],
    ["codec 1.5", { ...event, codec: 1.5 }, BAD_PROTOCOL],
    ["codec without payload", { ...bare, kind: END, id: 1, codec: 3 }, BAD_PROTOCOL],
    ["no id", { ...event, kind: REQUEST }, BAD_PROTOCOL],
    ["id 2^53", { ...event, kind: REQUEST, id: 2 ** 53 }, BAD_PROTOCOL],
    ["id that is a fraction", { ...event, kind: REQUEST, id: 1.5 }, BAD_PROTOCOL],
    ["error", { ...bare, kind: ERROR, id: 1, code: INTERNAL }, 0],
    ["error text", { ...bare, kind: ERROR, id: 1, code: INTERNAL, text: "t".repeat(1025) }, BAD_PROTOCOL],
    ["gap backwards", { ...bare, kind: GAP, topic: "t", epoch: 1, offset: 2, to: 1 }, BAD_PROTOCOL],
    ["as large as may be", { ...event, payload: new Uint8Array(rest) }, 0],
    ["too large", { ...event, payload: new Uint8Array(rest + 1) }, TOO_LARGE],
  ];
  for (const [name, message, code] of cases) {
    if (code) {
      assert.throws(() => checkMessage(message, 2048), refusal(code), name);
    } else {
      assert.doesNotThrow(() => checkMessage(message, 2048), name);
    }
  }
});

// PROTOCOL 4.2
test("base64url has one form for each value", () => {
  for (const bytes of [[], [0xff], [0xff, 0xfe], [0xfb, 0xef, 0xbe], [0, 0, 0, 0]]) {
    const s = toBase64(Uint8Array.from(bytes));
    assert.equal(s, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(fromBase64(s), Uint8Array.from(bytes));
  }
  for (const s of ["A", "AB", "AAB", "AA==", "+/8", "A A", "AA\n", "AAAAA", "AAé"]) {
    assert.equal(fromBase64(s), undefined, s);
  }
});

// PROTOCOL 3.1: a large payload comes back whole, in both encodings.
test("large payload", () => {
  const payload = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);
  const frame: Frame = { type: DATA, seq: 9, message: { kind: EVENT, codec: 0, name: "n", payload } };
  for (const encoding of [binary, json]) {
    const out = new Writer();
    encoding.append(out, frame);
    assert.deepEqual([...encoding.decode(out.take(), 1 << 20)], [frame]);
  }
});

// PROTOCOL 2.12, 4.1: frames before a refusal are given out.
test("frames before a refusal", () => {
  const ack: Frame = { type: ACK, rcv: 2, ack: 1 };
  for (const encoding of [binary, json]) {
    const out = new Writer();
    encoding.append(out, ack);
    out.byte(0xff);
    const frames = encoding.decode(out.take(), 1024);
    assert.deepEqual(frames.next().value, ack);
    assert.throws(() => frames.next(), refusal(BAD_PROTOCOL));
  }
});

// PROTOCOL 5.1, 12.2
test("kinds and codes", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(isCounted), [1, 2, 9, 10]);
  const classes = { final: [1000, 4400, 4403, 4413, 4426, 3000], resume: [4401, 4408, 4500, 4503], delay: [4429] };
  for (const [name, codes] of Object.entries({ ...classes, lost: [4410, 4412, 4430, 4431], superseded: [4409] })) {
    assert.deepEqual(codes.map(classOf), codes.map(() => name));
  }
});
