import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { type ConnectOptions, connect, type Session } from "./index.js";
import { FakeServer, FakeSocket } from "./server.testing.js";

const sessions: Session[] = [];

/** A client of node a, which can reach node b. */
function open(options: ConnectOptions = {}): { a: FakeServer; b: FakeServer; s: Session; events: string[] } {
  const a = new FakeServer();
  const b = new FakeServer();
  const at = (url: string): FakeServer => (new URL(url).host === "b" ? b : a);
  const s = connect("http://a/rt", {
    fetch: ((url: string, init: RequestInit) => at(url).options.fetch(url, init)) as typeof fetch,
    WebSocket: function (url: string) {
      return new FakeSocket(at(url));
    } as unknown as NonNullable<ConnectOptions["WebSocket"]>,
    memory: null,
    ...options,
  });
  sessions.push(s);
  const events: string[] = [];
  s.addEventListener("lost", ({ code, unconfirmed }) => events.push(`lost ${code} ${unconfirmed.length}`));
  s.addEventListener("statechange", () => events.push(s.state));
  return { a, b, s, events };
}

afterEach(async () => {
  Math.random = random;
  await Promise.all(sessions.splice(0).map((s) => s.close({ timeout: 0 })));
});

/** Waits until something is true. */
async function until(what: () => unknown, ms = 3000): Promise<void> {
  for (const end = performance.now() + ms; !what(); await new Promise((soon) => setTimeout(soon, 1))) {
    assert(performance.now() < end, `never: ${what}`);
  }
}

/** Waits until a node has a session whose transport does not change any more. */
async function quiet(server: FakeServer): Promise<void> {
  await until(() => server.core?.current && server.sockets[0]?.sent.length);
  await new Promise((soon) => setTimeout(soon, 100)); // nothing else happens from now on
}

const { random } = Math;

/** Has a node ask for a move, which begins at once. */
function ask(server: FakeServer, within: number, url: string): void {
  Math.random = () => 0;
  server.core!.move(Math.floor(performance.now()) + 1, within, url);
  server.changed();
}

test("a session moves when it is asked to (PROTOCOL 18.3, 18.4, 18.5)", async () => {
  const { a, b, s, events } = open();
  await until(() => s.transport === "websocket");
  await s.emit("n", 1);
  ask(a, 0, "http://b/rt");
  await until(() => events.includes("lost 4503 0"));
  await s.emit("n", 2);
  assert.deepEqual(a.heard, ["n 1"]);
  assert.deepEqual(b.heard, ["n 2"]);
  assert.deepEqual(events, ["open", "lost 4503 0"]);
});

test("a move goes on as soon as the last call is answered (PROTOCOL 18.3)", async () => {
  const { a, b, s, events } = open();
  let answer = (): void => {};
  a.calls["slow"] = () => new Promise<void>((done) => (answer = done));
  await until(() => s.transport === "websocket");
  const call = s.call("slow");
  await until(() => a.heard.includes("slow undefined"));
  ask(a, 500, "http://b/rt");
  await quiet(b);
  assert.deepEqual(events, ["open"]);
  answer();
  await call;
  await until(() => events.includes("lost 4503 0"), 200);
});

test("volatile messages of the next session are bounded while it waits (PROTOCOL 17.6)", async () => {
  const { a, b, s, events } = open();
  a.calls["slow"] = () => new Promise<void>(() => {});
  await until(() => s.transport === "websocket");
  const seen: unknown[] = [];
  s.on("pos", (n) => seen.push(n));
  s.call("slow").catch(() => {});
  ask(a, 1000, "http://b/rt");
  await quiet(b);
  for (let i = 1; i <= 1000; i++) {
    b.volatile("pos", "pos", i);
  }
  await until(() => events.includes("lost 4503 0"));
  await until(() => seen.length > 0);
  assert.deepEqual(seen, [1000]);
});

test("a handler that ends during a close reports nothing", async () => {
  const { a, s } = open();
  await until(() => s.transport === "websocket");
  let end = (): void => {};
  s.handle("ask", () => new Promise<void>((done) => (end = done)));
  a.call("ask", 1);
  await new Promise((soon) => setTimeout(soon, 20));
  a.slow = true;
  void s.emit("n", 1).catch(() => {});
  await until(() => a.heard.length);
  const reported: unknown[] = [];
  const { queueMicrotask } = globalThis;
  globalThis.queueMicrotask = (f) => queueMicrotask(() => {
    try {
      f();
    } catch (e) {
      reported.push(e);
    }
  });
  const closing = s.close({ timeout: 200 });
  end();
  await closing;
  globalThis.queueMicrotask = queueMicrotask;
  assert.deepEqual(reported, []);
});

test("the answers of handlers are waited for as well (PROTOCOL 18.3)", async () => {
  const { a, b, s, events } = open();
  await until(() => s.transport === "websocket");
  let end = (_: string): void => {};
  s.handle("ask", () => new Promise<string>((done) => (end = done)));
  a.call("ask", 1);
  await new Promise((soon) => setTimeout(soon, 20));
  ask(a, 500, "http://b/rt");
  await quiet(b);
  assert.deepEqual(events, ["open"]);
  end("yes");
  await until(() => events.includes("lost 4503 0"), 500);
  assert.equal(a.replies.length, 1);
});

test("a wish of the next node is heard before it is the current one (PROTOCOL 18.1)", async () => {
  const { a, b, s, events } = open();
  let answer = (): void => {};
  a.calls["slow"] = () => new Promise<void>((done) => (answer = done));
  await until(() => s.transport === "websocket");
  const call = s.call("slow");
  await until(() => a.heard.length);
  ask(a, 500, "http://b/rt");
  await quiet(b);
  ask(b, 0, "http://c/rt");
  const old = a.core!;
  s.addEventListener("lost", () => (a.core = undefined), { once: true }); // a is c as well
  answer();
  await call;
  await until(() => events.filter((e) => e === "lost 4503 0").length === 2);
  assert.notEqual(a.core, old);
});

test("each topic has its gap, also where the log was empty and is not any more (PROTOCOL 18.5)", async () => {
  const { a, b, s } = open();
  const topic = await s.subscribe("news");
  const seen: string[] = [];
  topic.addEventListener("gap", ({ from, to }) => seen.push(`gap ${from} ${to}`));
  topic.on("n", (n) => seen.push(`n ${n}`));
  await until(() => s.transport === "websocket");
  a.publish("news", 1, "n", 1);
  await until(() => seen.length === 1);
  b.calls["weft.subscribe"] = ({ topic }) => {
    queueMicrotask(() => queueMicrotask(() => b.publish("news", 1, "n", 2, 8)));
    return { topic, epoch: 8, offset: 0 };
  };
  ask(a, 0, "http://b/rt");
  await until(() => seen.includes("n 2"));
  assert.deepEqual(seen, ["n 1", "gap 0 0", "n 2"]);
});
