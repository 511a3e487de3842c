import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { binary } from "./frame/binary.js";
import { ACK, type Frame, VOLATILE } from "./frame/frame.js";
import { EVENT } from "./frame/message.js";
import { Writer } from "./frame/writer.js";
import type { Host, Link } from "./link.js";
import { WebTransportLink } from "./webtransport.js";

/** A pair of streams, and what the far end does with them. */
function pipe(): {
  readable: ReadableStream;
  writable: WritableStream;
  come: (p: Uint8Array) => void;
  sent: Uint8Array[];
  /** It takes nothing; this end has said that nothing follows. */
  far: { stuck: boolean; ended: boolean };
} {
  let controller!: ReadableStreamDefaultController;
  const sent: Uint8Array[] = [];
  const held = new Promise<void>(() => {});
  const far = {
    stuck: false,
    ended: false,
  };
  return {
    far,
    readable: new ReadableStream({ start: (c) => void (controller = c) }),
    writable: new WritableStream({
      write: (p) => (far.stuck ? held : void sent.push(p)),
      close: () => void (far.ended = true),
    }),
    come: (p) => controller.enqueue(p),
    sent,
  };
}

let session: FakeSession;

/** The browser's class, as far as the link uses it. */
class FakeSession {
  static later = false;
  readonly stream = pipe();
  readonly datagrams: ReturnType<typeof pipe> & { createWritable?: () => WritableStream } = pipe();
  readonly ready = Promise.resolve();
  readonly closed = new Promise(() => {});
  readonly url: string;
  readonly options: { serverCertificateHashes?: { value: Uint8Array }[] };
  constructor(url: string, options: object) {
    this.url = url;
    this.options = options;
    if (FakeSession.later) {
      const { writable } = this.datagrams;
      Object.assign(this.datagrams, { writable: undefined, createWritable: () => writable });
    }
    session = this;
  }
  closes = 0;
  createBidirectionalStream = async () => this.stream;
  close(): void {
    this.closes++;
  }
}

function encode(...frames: Frame[]): Uint8Array {
  const out = new Writer();
  for (const f of frames) {
    binary.append(out, f);
  }
  return out.take();
}

const ack: Frame = { type: ACK, rcv: 1, ack: 1 };
const volatile: Frame = {
  type: VOLATILE, seq: 1, key: "k", message: { kind: EVENT, name: "n", codec: 0, payload: new Uint8Array(3) },
};

/** A link that is open, and what it hands on. */
async function open(): Promise<{ link: WebTransportLink; core: { current: number; maxFrame: number; over?: object }; got: Uint8Array[] }> {
  const core: { current: number; maxFrame: number; over?: object } = { current: 0, maxFrame: 1 << 20 };
  const got: Uint8Array[] = [];
  let link!: WebTransportLink;
  await new Promise<void>((opened) => {
    const host = {
      core, setup: { mount: "http://127.0.0.1:8080/rt" }, opened: () => opened(),
      received: (_: Link, batch: Uint8Array) => void (batch.length && got.push(batch)), down: () => assert.fail("down"),
    } as unknown as Host;
    link = new WebTransportLink(host, { kind: "webtransport", url: "wt", hashes: ["AQID"] });
    link.binding = 2;
  });
  return { link, core, got };
}

const soon = (): Promise<void> => new Promise((done) => setTimeout(done, 5));
const real = globalThis.WebTransport;
globalThis.WebTransport = FakeSession as unknown as typeof WebTransport;
afterEach(() => session.close());
process.on("exit", () => (globalThis.WebTransport = real));

test("it dials over https beside the mount, and names the certificate", async () => {
  await open();
  assert.equal(session.url, "https://127.0.0.1:8080/rt/wt");
  assert.deepEqual(session.options.serverCertificateHashes![0]!.value, new Uint8Array([1, 2, 3]));
});

test("it does not leave the mount's host and port (PROTOCOL 8.9)", () => {
  for (const url of [
    "https://elsewhere.example/rt/wt", "//elsewhere.example/wt", "https://127.0.0.1:8081/rt/wt", "https://127.0.0.1/rt/wt",
    "\\\\elsewhere.example/wt", "javascript:0", "https://127.0.0.1:8080@elsewhere.example/",
  ]) {
    const host = { setup: { mount: "http://127.0.0.1:8080/rt" } } as unknown as Host;
    assert.throws(() => new WebTransportLink(host, { kind: "webtransport", url }), TypeError, url);
  }
});

test("a datagram that overtakes READY is ignored, and so is what is not volatile (PROTOCOL 11.16)", async () => {
  const { link, core, got } = await open();
  session.datagrams.come(encode(volatile));
  await soon();
  assert.deepEqual(got, []);
  core.current = link.binding;
  session.datagrams.come(encode(ack));
  session.datagrams.come(encode(volatile));
  await soon();
  assert.deepEqual(got, [encode(volatile)]);
});

test("the stream brings whole frames, wherever it is cut, and volatile ones leave by datagram", async () => {
  const { link, got } = await open();
  const all = encode(ack, volatile, ack);
  for (const b of all) {
    session.stream.come(new Uint8Array([b]));
  }
  await soon();
  assert.deepEqual(got, [encode(ack), encode(volatile), encode(ack)]);
  link.send(all);
  await soon();
  assert.deepEqual(session.stream.sent, [encode(ack, ack)]);
  assert.deepEqual(session.datagrams.sent, [encode(volatile)]);
});

test("datagrams leave also where the browser makes the stream for them when asked, as Safari does", async () => {
  FakeSession.later = true;
  const { link } = await open().finally(() => (FakeSession.later = false));
  link.send(encode(volatile));
  await soon();
  assert.deepEqual(session.datagrams.sent, [encode(volatile)]);
});

test("while datagrams do not leave it takes nothing more, so that newer values take their place (PROTOCOL 17.3)", async () => {
  const { link } = await open();
  session.datagrams.far.stuck = true;
  for (let i = 0; link.takes; i++) {
    assert(i < 50, "it takes more and more");
    link.send(encode(volatile));
    await soon();
  }
});

test("the last word of a session arrives: the stream ends behind it, and the server closes (PROTOCOL 11.16)", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { link, core } = await open();
  core.over = {};
  link.send(encode(ack));
  link.close(1000, "done");
  await new Promise(setImmediate);
  assert.deepEqual(session.stream.sent, [encode(ack)]);
  assert(session.stream.far.ended);
  assert.equal(session.closes, 0);
  t.mock.timers.tick(2000);
  assert.equal(session.closes, 1);
});

test("a link of a session that goes on is closed at once", async () => {
  const { link } = await open();
  link.close(4409, "superseded");
  assert.equal(session.closes, 1);
});
