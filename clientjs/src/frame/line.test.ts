import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, encode } from "../payload.js";
import { binary } from "./binary.js";
import { BAD_PROTOCOL, type FrameError } from "./code.js";
import { DATA, EXTENSION, type Frame } from "./frame.js";
import { json } from "./json.js";
import { decodeLine } from "./line.js";
import { CODEC_JSON, EVENT } from "./message.js";
import { loadVectors } from "./vectors.testing.js";
import { Writer } from "./writer.js";

function hex(frame: Frame): string {
  const out = new Writer();
  binary.append(out, frame);
  return Buffer.from(out.take()).toString("hex");
}

function lineOf(frame: Frame): string {
  const out = new Writer();
  json.append(out, frame);
  return Buffer.from(out.take()).toString().trimEnd();
}

/** What the decoders give for a batch, in binary; extensions are skipped either way. */
const strict = (batch: Uint8Array): string[] =>
  [...json.decode(batch, 1 << 20)].filter((f) => f.type !== EXTENSION).map(hex);

const light = (batch: Uint8Array): string[] =>
  Buffer.from(batch).toString().trimEnd().split("\n").map(decodeLine).filter((f) => f !== undefined).map(hex);

/** Whether the session ends with 4400: that is the code of errors that have none. */
const refused = (e: unknown): boolean =>
  !(e instanceof assert.AssertionError) && ((e as Partial<FrameError>).code ?? BAD_PROTOCOL) === BAD_PROTOCOL;

/** Spellings that no encoder makes, and this decoder need not take. */
const OTHERS = [
  "member p wherever it stands, the last one", "member p before the others", "publication", "event with JSON",
  "JSON payload keeps its spelling", "JSON payload with white space and brackets in strings", "JSON payload 32 deep",
];

// PROTOCOL 4.2, 4.3, 4.4, 4.5, 4.6: what encoders write is read as the strict decoder reads it.
test("valid vectors", () => {
  let lines = 0;
  for (const [file, vectors] of loadVectors()) {
    for (const v of file.startsWith("invalid") ? [] : vectors) {
      for (const line of [v.json, ...(OTHERS.includes(v.name) ? [] : v.spellings)].filter((l) => l !== undefined)) {
        assert.deepEqual(light(line), strict(line), `${v.name}: ${Buffer.from(line)}`);
        lines++;
      }
    }
  }
  assert(lines > 100, `${lines} lines`);
});

// Another spelling of a payload is refused, now or when it is decoded, or means the same.
test("other spellings", () => {
  const values = (batch: Uint8Array): unknown => {
    const f = decodeLine(Buffer.from(batch).toString().trimEnd());
    return f?.type === DATA && decode(f.message);
  };
  for (const vectors of loadVectors().values()) {
    for (const v of vectors.filter(({ name }) => OTHERS.includes(name))) {
      for (const line of v.spellings) {
        const [f] = [...json.decode(line, 1 << 20)];
        assert(f!.type === DATA);
        try {
          assert.deepEqual(values(line), decode(f!.message));
        } catch (e) {
          assert(refused(e), `${v.name}: ${e}`);
        }
      }
    }
  }
});

// PROTOCOL 4.4: the value and the size are those of the binary form.
test("payloads are what they are over a binary transport", () => {
  for (const text of [
    "-0", "1e400", "[1.0,1E+2,12345678901234567890123]", '{"__proto__":{"a":1},"b":2,"a":1,"a":3}',
    '"\\u0041\\ud83d\\ude00"',
    '{"p":{"p":[1,"p"]},"x":",\\"p\\":"}', '"\u2028é😀"', "null", "false", '""', '"}"', '{"toJSON":1,"10":1,"9":2}',
  ]) {
    const message = { kind: EVENT, name: ',"p":1,{"p":2}', codec: CODEC_JSON, payload: new TextEncoder().encode(text) };
    const frame: Frame = { type: DATA, seq: 1, message };
    const got = decodeLine(lineOf(frame));
    assert(got?.type === DATA);
    assert.deepEqual(got, frame);
    assert.deepEqual(decode(got.message), JSON.parse(text));
  }
  const bytes: Frame = { type: DATA, seq: 1, message: { kind: EVENT, name: "n", ...encode(Uint8Array.of(1, 2, 255)) } };
  assert.deepEqual(decodeLine(lineOf(bytes)), bytes);
});

test("an extra may have the payload's name", () => {
  const ready = [...loadVectors().get("frames.txt")!].find(({ name, json }) => /^ready/.test(name) && json)!;
  const line = Buffer.from(ready.json!).toString().trimEnd().replace(/(,"x":\{.*\})?\}$/, ',"x":{"o":"1","p":"2"}}');
  const got = decodeLine(line);
  assert(got && "extras" in got);
  assert.deepEqual([...got.extras], [["o", "1"], ["p", "2"]]);
});

// PROTOCOL 4.5, 4.6, 2.9: what cannot be read is refused; a code that the error lacks is 4400.
test("broken lines", () => {
  const data = '{"t":"data","s":1,"k":"event","n":"n"';
  const lines = [
    "", "{", "null", "1", '"auth"', "[]", "{}", '{"t":null}', '{"t":5}', '{"t":"x","critical":true}',
    '{"t":"ack","rcv":1}', '{"t":"ack","rcv":1,"ack":2}', '{"t":"ack","rcv":"1","ack":1}',
    '{"t":"ack","rcv":1.5,"ack":1}', '{"t":"data","s":0,"k":"event","n":"n"}', '{"t":"data","s":1,"k":"later"}',
    '{"t":"data","s":1}', '{"t":"data","s":1,"k":"event"}',
    `${data},"b":5}`, `${data},"b":"A"}`, `${data},"b":"A*"}`, `${data},"c":4}`, `${data},"c":"1"}`, `${data},"p":1,"s":2}`,
    '{"p":1,"t":"data","s":1,"k":"event","n":"n"}', '{"t":"data","s":1,"k":"event","n":5}', '{"t":"close","code":1}',
    '{"t":"close","code":1000,"reason":5}',
    '{"t":"ready","v":1,"sid":"AA"}', `${data},"u":{"a":1,"p":2}}`,
  ];
  for (const line of lines) {
    assert.throws(() => {
      const f = decodeLine(line);
      assert(f?.type === DATA && f.message.codec === CODEC_JSON, "a frame");
      decode(f.message);
    }, refused, line);
  }
  assert.throws(() => decodeLine('{"t":"ready","v":2}'), { code: 4426 });
});
