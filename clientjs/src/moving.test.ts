import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import type { Driver } from "./driver.js";
import { type ConnectOptions, connect, type Session, WeftError } from "./index.js";
import { Move } from "./moving.js";
import { FakeServer } from "./server.testing.js";

// A session that moves from one node, a, to another, b (PROTOCOL 18).

const sessions: Session[] = [];

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((s) => s.close({ timeout: 0 })));
});

interface Nodes {
  a: FakeServer;
  b: FakeServer;
  s: Session;
  /** What the application was told, in order. */
  told: string[];
}

/** Opens a session at a, where b can be reached as well. */
async function open(mount = "http://a/rt", options: ConnectOptions = {}): Promise<Nodes> {
  const a = new FakeServer();
  const b = new FakeServer();
  const at = (url: string): FakeServer => (new URL(url).host === "b" ? b : a);
  const s = connect(mount, {
    fetch: ((url: string, init: RequestInit) => at(url).options.fetch(url, init)) as typeof fetch,
    WebSocket: class {
      constructor(url: string, protocol: string) {
        return new (at(url).options.WebSocket)(url, protocol);
      }
    } as any,
    memory: null,
    ...options,
  });
  sessions.push(s);
  const told: string[] = [];
  s.addEventListener("lost", ({ code, unconfirmed }) => told.push(`lost ${code} ${unconfirmed.length}`));
  s.addEventListener("statechange", () => told.push(s.state));
  await until(() => s.transport === "websocket");
  told.length = 0;
  return { a, b, s, told };
}

async function until(what: () => unknown, ms = 3000): Promise<void> {
  for (const end = performance.now() + ms; !what(); await new Promise((soon) => setTimeout(soon, 1))) {
    assert(performance.now() < end, `never: ${what}`);
  }
}

const error = (code: number) => (e: unknown): boolean => e instanceof WeftError && e.code === code;

test("what is sent all the while arrives once, at one node and then at the other (PROTOCOL 18.3, 18.4, 18.5)", async () => {
  const { a, b, s, told } = await open();
  const topic = await s.subscribe("news");
  const gaps: object[] = [];
  topic.addEventListener("gap", ({ from, to }) => gaps.push({ from, to }));
  b.calls["weft.subscribe"] = ({ topic }) => ({ topic, epoch: 8, offset: 0 });
  a.move(50, "http://b/rt");
  const sent: Promise<void>[] = [];
  const expected: string[] = [];
  for (let n = 1; !told.length || n % 10; n++) {
    sent.push(s.emit("n", n));
    expected.push(`n ${n}`);
    await new Promise((soon) => setTimeout(soon));
  }
  await Promise.all(sent);
  assert(a.heard.length > 0 && b.heard.length > 0);
  assert.deepEqual([...a.heard, ...b.heard].filter((e) => e.startsWith("n ")), expected);
  assert.deepEqual(told, ["lost 4503 0"]);
  await until(() => gaps.length);
  assert.deepEqual(gaps, [{ from: 0, to: 0 }]);
  await until(() => s.transport === "websocket");
  assert.equal(s.state, "open");
});

test("calls are answered first, and those that are made then belong to the next session (PROTOCOL 18.3)", async () => {
  const { a, b, s, told } = await open();
  let answer = (_: unknown): void => {};
  a.calls["slow"] = () => new Promise((done) => (answer = done));
  b.calls["quick"] = () => "b";
  a.calls["quick"] = () => "a";
  const slow = s.call("slow");
  a.move(500, "http://b/rt");
  await until(() => b.core?.current, 5000);
  assert.equal(await s.call("quick"), "a");
  answer("done");
  assert.equal(await slow, "done");
  await until(() => told.length);
  assert.equal(await s.call("quick"), "b");
});

/** Leaves a session where it has left a for b, and a has yet to handle what it sent. */
async function between(): Promise<Nodes & { first: Promise<void> }> {
  const nodes = await open();
  const { a, b, s } = nodes;
  a.slow = true; // an event is not consumed, so that the old session does not end
  const first = s.emit("first");
  a.move(0, "http://b/rt");
  await until(() => b.core?.current && a.core!.closing.over, 5000);
  return { ...nodes, first };
}

test("a call that waits for the move can be taken back, and times out (PROTOCOL 18.4)", async () => {
  const { b, s, first } = await between();
  const abort = new AbortController();
  const calls = [s.call("x", 1, { signal: abort.signal }), s.call("x", 2, { timeout: 20 }), s.emit("e", 3)];
  abort.abort(new Error("enough"));
  await assert.rejects(calls[0]!, /enough/);
  await assert.rejects(calls[1]!, error(4408));
  s.drop();
  first.catch(() => {});
  await s.close({ timeout: 50 });
  await assert.rejects(calls[2]!, error(1000));
  await assert.rejects(first, error(1000));
  assert(!b.heard.some((e) => e.startsWith("x")));
});

test("close in the middle brings everything, wherever it belongs (PROTOCOL 18.4)", async () => {
  const { a, b, s, first } = await between();
  const second = s.emit("second");
  const closed = s.close();
  a.slow = false;
  a.core!.consumed(1);
  a.changed();
  await Promise.all([first, second, closed]);
  assert.deepEqual([a.heard, b.heard], [["first undefined"], ["second undefined"]]);
  assert.equal((await s.closed).code, 1000);
});

test("an old session has 10 s to end, and 1 s for its last word (PROTOCOL 18.4)", () => {
  const m = new Move({ mount: "http://a/rt", memory: null }, "http://a/rt", "/b", 0, 1000);
  const sender = { drained: false, peerAck: 1, top: 2, hold: false };
  const ended: number[] = [];
  const core = { sender, session: {}, current: 0, leave: () => {}, abort: (code: number) => ended.push(code) };
  const driver = { core } as unknown as Driver;
  const at = (now: number): number => m.proceed(now, driver, 0, ({ mount }) => (assert.equal(mount, "http://a/b"), driver));
  assert.equal(at(1000), Infinity);
  assert(sender.hold);
  assert.equal(at(2000), 12_000);
  assert.equal(at(5000), 12_000);
  Object.assign(sender, { drained: true, peerAck: 2 });
  assert.equal(at(6000), 7000);
  assert.equal(at(6500), 7000);
  assert.deepEqual(ended, []);
  at(7000);
  assert.deepEqual(ended, [4503]);
});

for (const [what, mount, url] of [
  ["http, where it is on https", "https://a/rt", "http://b/rt"], ["no URL", "http://a/rt", "http://"],
  ["another scheme", "http://a/rt", "ftp://b/rt"],
] as const) {
  test(`a session stays that is to go to ${what} (PROTOCOL 18.2)`, async () => {
    const { a, b, s, told } = await open(mount);
    a.move(0, url);
    await s.emit("still");
    await new Promise((soon) => setTimeout(soon, 50));
    assert.deepEqual([a.heard, b.requests, told], [["still undefined"], [], []]);
  });
}

test("a node that refuses leaves the session where it is (PROTOCOL 18.6)", async () => {
  const { a, b, s, told } = await open();
  b.failing = { door: "session", before: 1e9, after: 0 };
  a.move(0, "http://b/rt");
  await until(() => b.requests.includes("session"));
  await s.emit("still");
  assert.deepEqual([a.heard, told], [["still undefined"], []]);
  a.core!.close(4503, "draining");
  a.changed();
  await until(() => told.includes("lost 4503 0"));
  assert.deepEqual(told, ["connecting", "lost 4503 0"]);
});
