import assert from "node:assert/strict";
import { test } from "node:test";

import { binary } from "./binary.js";
import { ACK, DATA, type Frame, VOLATILE } from "./frame.js";
import { EVENT } from "./message.js";
import { split, whole } from "./stream.js";
import { Writer } from "./writer.js";

function encode(...frames: Frame[]): Uint8Array {
  const out = new Writer();
  for (const f of frames) {
    binary.append(out, f);
  }
  return out.take();
}

const message = (size: number) => ({ kind: EVENT, name: "n", codec: 0, payload: new Uint8Array(size) }) as const;
const data = (size: number): Frame => ({ type: DATA, seq: 1, message: message(size) });
const volatile = (size: number): Frame => ({ type: VOLATILE, seq: 1, key: "k", message: message(size) });
const ack: Frame = { type: ACK, rcv: 1, ack: 1 };

test("however many bytes there are, the frames that are whole are found (PROTOCOL 2.1, 11.16)", () => {
  const parts = [0, 1, 60, 200, 20_000].map((size) => encode(data(size)));
  const all = new Uint8Array(parts.flatMap((p) => [...p]));
  let [want, next] = [0, 0];
  for (let n = 0; n <= all.length; n++) {
    if (next < parts.length && n === want + parts[next]!.length) {
      want = n;
      next++;
    }
    assert.equal(whole(all.subarray(0, n), 1 << 20), want);
  }
});

test("a frame that is too long is refused at its head (PROTOCOL 2.3)", () => {
  const all = encode(ack, data(5_000));
  assert.throws(() => whole(all.subarray(0, 20), 1_000), { code: 4413 });
});

test("what is volatile and short leaves a batch, and nothing else does", () => {
  const [frames, out] = split(encode(ack, volatile(2_000), volatile(10), data(3), volatile(20)));
  assert.deepEqual(frames, encode(ack, volatile(2_000), data(3)));
  assert.deepEqual(out, [encode(volatile(10)), encode(volatile(20))]);
  assert.deepEqual(split(encode(ack)), [encode(ack), []]);
});
