import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import type { Client } from "./core/client.js";
import { CODEC_BYTES, EMPTY, EVENT, type Message } from "./frame/message.js";
import { type ConnectOptions, connect, type Session, WeftError } from "./index.js";
import { type Arrival, Lane } from "./lane.js";
import { FakeServer } from "./server.testing.js";

const sessions: Session[] = [];

async function open(options: ConnectOptions = {}): Promise<{ server: FakeServer; s: Session }> {
  const server = new FakeServer();
  const s = connect("http://server/rt/", { ...server.options, ...options });
  sessions.push(s);
  await s.ready;
  return { server, s };
}

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((s) => s.close({ timeout: 0 })));
});

async function until(what: () => unknown): Promise<void> {
  for (const end = performance.now() + 3000; !what(); await new Promise((soon) => setTimeout(soon, 1))) {
    assert(performance.now() < end, `never: ${what}`);
  }
}

// PROTOCOL 17.1, 17.4
for (const transports of [["websocket"], ["sse"], ["longpoll"]] as const) {
  test(`volatile messages go both ways over ${transports}, the latest of each key`, async () => {
    const { server, s } = await open({ transports });
    await until(() => s.transport === transports[0]);
    const said = s.emit("say", 1);
    for (let i = 1; i <= 9; i++) {
      assert.equal(s.volatile("at", i), true);
      s.volatile("at", -i, { key: "mine" });
    }
    await said;
    await until(() => server.heard.length === 3);
    assert.deepEqual(server.heard, ["say 1", "at: at 9", "mine: at -9"]);

    const got: unknown[] = [];
    s.on("at", (data) => got.push(data));
    server.volatile("k", "at", [1, 2]);
    await until(() => got.length === 1);
    assert.deepEqual(got, [[1, 2]]);
  });
}

test("volatile says no without a connection and when the session closes", async () => {
  const server = new FakeServer();
  const s = connect("http://server/rt/", server.options);
  sessions.push(s);
  assert.equal(s.volatile("at", 1), false);
  await s.ready;
  server.slow = true;
  s.emit("say", 1).catch(() => {});
  void s.close({ timeout: 50 });
  assert.equal(s.volatile("at", 2), false);
  await s.closed;
  assert.equal(s.volatile("at", 3), false);
  assert.deepEqual(server.heard, ["say 1"]);
  assert.deepEqual((await s.closed).unconfirmed.map(({ name }) => name), ["say"], "what is volatile is not among them");
});

test("volatile throws what cannot be sent", async () => {
  const { s } = await open();
  const fails = (code: number, ...args: Parameters<Session["volatile"]>): void =>
    assert.throws(() => s.volatile(...args), (e) => e instanceof WeftError && e.code === code);
  fails(4400, "at", 1, { key: "" });
  fails(4400, "at", 1, { key: "a\n" });
  fails(4400, "", 1, { key: "k" });
  fails(4413, "at", new Uint8Array(1 << 20));
  assert.throws(() => s.volatile("at", 1n), TypeError);
});

const message = (name: string): Message => ({ kind: EVENT, name, codec: CODEC_BYTES, payload: EMPTY });
const arrival = (name: string): Arrival =>
  ({ core: { consumed() {} } as unknown as Client, seq: 0, message: message(name), data: undefined });

// PROTOCOL 17.6
test("what waits for the application is bounded, and comes behind what is in order", () => {
  const got: string[] = [];
  let full = false;
  const lane = new Lane(({ message: { name } }) => {
    got.push(name!);
    return !full || name !== "request";
  }, () => {});
  for (let i = 0; i < 300; i++) {
    lane.hold(`key${i}`, arrival("old"));
    lane.hold(`key${i}`, arrival(`new ${i}`));
  }
  lane.push(arrival("event"));
  assert.deepEqual(got, []);
  lane.open((now) => now());
  assert.deepEqual(got.splice(0), ["event", ...Array.from({ length: 256 }, (_, i) => `new ${i + 44}`)]);

  full = true; // a request that waits for a slot holds up what is in order, and nothing else
  lane.push(arrival("request"));
  lane.push(arrival("event"));
  lane.hold("k", arrival("aside"));
  assert.deepEqual([...new Set(got)], ["request", "aside"]);
});

test("a volatile message that comes with READY waits for the first listener, and one that nobody wants is told", async () => {
  const server = new FakeServer();
  const s = connect("http://server/rt/", server.options);
  sessions.push(s);
  await until(() => server.core?.current);
  server.volatile("k", "at", 1);
  server.volatile("k", "at", 2);
  server.volatile("l", "nobody", 3);
  server.emit("first", 0);
  const got: unknown[] = [];
  s.on("at", (data) => got.push(data));
  s.on("first", () => got.push("first"));
  s.addEventListener("unhandled", ({ name, data }) => got.push(name, data));
  await until(() => got.length === 4);
  assert.deepEqual(got, ["first", 2, "nobody", 3]);
});
