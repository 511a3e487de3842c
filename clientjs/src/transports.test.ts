import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { binary } from "./frame/binary.js";
import { CLOSE } from "./frame/frame.js";
import { Writer } from "./frame/writer.js";
import { connect, type ConnectOptions, type Kind, type Session } from "./index.js";
import { FakeServer } from "./server.testing.js";

// How a session finds its transport, seen from the outside; plan.test.ts has the rules.

let s: Session;

function open(server: FakeServer, options: ConnectOptions = {}): Session {
  s = connect("http://server/rt", { ...server.options, memory: null, ...options });
  return s;
}

afterEach(() => s.close({ timeout: 0 }));

async function until(what: () => unknown): Promise<void> {
  for (const end = performance.now() + 4000; !what(); await new Promise((soon) => setTimeout(soon, 1))) {
    assert(performance.now() < end, `never: ${what}\n${log()}`);
  }
}

const log = (): string => s.decisions.map((d) => `${d.what} ${d.transport ?? ""} ${d.reason ?? ""}`).join("\n");
const did = (what: string, kind?: Kind): boolean => s.decisions.some((d) => d.what === what && d.transport === kind);

/** localStorage, in memory. */
class Kept implements Pick<Storage, "getItem" | "setItem"> {
  readonly items = new Map<string, string>();
  getItem = (name: string): string | null => this.items.get(name) ?? null;
  setItem = (name: string, value: string): void => void this.items.set(name, value);
}

test("an event stream carries a session both ways (PROTOCOL 14.2)", async () => {
  const server = new FakeServer();
  server.dialling = "refuse";
  open(server);
  const got: unknown[] = [];
  s.on("n", (n) => got.push(n));
  await until(() => s.transport === "sse");
  const emitted = [];
  for (let i = 0; i < 50; i++) {
    emitted.push(s.emit("n", i));
    server.emit("n", { i, text: "ü\u2028\n" });
  }
  await Promise.all(emitted);
  await until(() => got.length === 50);
  assert.deepEqual(got, Array.from({ length: 50 }, (_, i) => ({ i, text: "ü\u2028\n" })));
  assert.deepEqual(server.heard, Array.from({ length: 50 }, (_, i) => `n ${i}`));
  server.calls["double"] = (n: number) => 2 * n;
  assert.equal(await s.call("double", 21), 42);
  await s.close();
  assert.equal((await s.closed).code, 1000);
});

test("the answer to an event stream's ATTACH never comes, though READY does: what is sent is held up for 3 s (PROTOCOL 13.8)", async () => {
  const server = new FakeServer();
  server.dialling = "refuse";
  const { fetch } = server.options;
  let hung = false;
  open(server, {
    transports: ["sse", "longpoll"],
    fetch: (async (url: string, init: RequestInit) => {
      const answer = await fetch(url, init);
      if (!hung && url.includes("stream=")) {
        hung = true;
        await new Promise(() => {});
      }
      return answer;
    }) as typeof globalThis.fetch,
  });
  await until(() => s.transport === "sse");
  const volatile = setInterval(() => server.core?.current && server.volatile("k", "v", 1), 100); // it is heard all the time
  const sent = s.emit("n", 1);
  const began = performance.now();
  await sent;
  clearInterval(volatile);
  assert(hung);
  assert(performance.now() - began < 5000, log());
});

test("a cut event stream comes back as one", async () => {
  const server = new FakeServer();
  open(server, { transports: ["sse"] });
  const got: unknown[] = [];
  s.on("n", (n) => got.push(n));
  for (let i = 0; i < 3; i++) {
    await until(() => s.transport === "sse");
    server.emit("n", i);
    server.cut();
    await until(() => !s.transport);
  }
  await until(() => got.length === 3);
  assert.deepEqual(got, [0, 1, 2]);
  assert(!did("poll", "longpoll"), "it may not poll");
});

test("a stream that is gathered somewhere leaves polls", async () => {
  const server = new FakeServer();
  server.dialling = "refuse";
  server.streaming = "gathered";
  open(server);
  await s.ready;
  await s.emit("a");
  await until(() => did("blame", "sse"));
  assert.equal(s.transport, "longpoll");
  await s.emit("b");
});

test("what was learnt is kept for the next page, per network (PROTOCOL 14.8)", async () => {
  const server = new FakeServer();
  const memory = new Kept();
  server.dialling = "refuse";
  open(server, { memory });
  await until(() => s.transport === "sse");
  await s.close();
  server.forget();

  server.dialling = "work";
  open(server, { memory });
  await until(() => s.transport === "sse");
  assert(!did("dial", "websocket"), log());
  await s.close();
  server.forget();

  server.network = "office";
  open(server, { memory });
  await until(() => s.transport === "websocket");
  assert(did("forget"), log());
  await s.close();
});

test("what worked is kept at once, though nothing follows from it", async () => {
  const memory = new Kept();
  open(new FakeServer(), { memory });
  await until(() => s.transport === "websocket");
  assert.equal(JSON.parse([...memory.items.values()][0]!).networks[0].good, "websocket");
});

test("a network that was kept in another shape can be written to", async () => {
  const server = new FakeServer();
  server.dialling = "refuse";
  open(server, { memory: { getItem: () => '{"networks":[{"key":"home","bad":1}]}', setItem: () => {} } });
  await until(() => s.transport === "sse");
});

for (const offer of [[], ["carrier pigeon"]]) {
  test(`a server that offers ${offer} and what is not offered but there`, async () => {
    const server = new FakeServer();
    server.offer = offer;
    open(server);
    await until(() => s.transport === "websocket");
  });
}

test("an application that may use only what the server does not offer goes on trying", async () => {
  const server = new FakeServer();
  server.offer = ["websocket", "longpoll"];
  server.streaming = "refuse";
  open(server, { transports: ["sse"] });
  await until(() => did("failed", "sse"));
  server.streaming = "work";
  await until(() => s.transport === "sse");
});

test("what the application does while it is told comes after what was decided before", async () => {
  const server = new FakeServer();
  open(server);
  s.addEventListener("statechange", () => s.force("longpoll"), { once: true });
  await s.ready;
  await s.emit("a");
  const order = s.decisions.map(({ what, transport }) => `${what} ${transport}`);
  assert(order.indexOf("attach websocket") < order.indexOf("drop websocket"), log());
  assert(server.sockets.every(({ closed }) => closed));
  assert.equal(s.transport, "longpoll");
});

test("a connection that was left for one that comes to nothing is gone", async () => {
  const server = new FakeServer();
  const { fetch } = server.options;
  open(server, {
    fetch: (url, init) => (`${url}`.includes("stream=") ? new Promise(() => {}) : fetch(url, init)),
  });
  await until(() => s.transport === "websocket");
  s.force("sse");
  await until(() => did("attach", "sse"));
  const out = new Writer();
  binary.append(out, { type: CLOSE, code: 4409, reason: "superseded", final: undefined });
  server.raw(out.take() as Uint8Array<ArrayBuffer>);
  assert(did("left", "websocket"), log());
  assert.equal(s.state, "open");
  s.force("longpoll"); // the event stream is dropped
  assert.deepEqual([s.state, s.transport], ["detached", undefined]);
  await until(() => s.state === "open");
});

for (const [name, memory] of Object.entries({
  "nonsense": { getItem: () => "{]", setItem: () => {} },
  "another shape": { getItem: () => '{"networks":[{},null]}', setItem: () => {} },
  "a full store": { getItem: () => null, setItem: () => { throw new Error("quota"); } },
})) {
  test(`${name} in the memory disturbs nobody`, async () => {
    open(new FakeServer(), { memory });
    await until(() => s.transport === "websocket");
  });
}

for (const place of [
  null, 7, "wt", [], {}, { url: 7, hashes: "no" }, { url: "wt", hashes: [{}, "?"] }, { url: "//elsewhere.example/wt", hashes: [] },
  { url: "x".repeat(1e6) }, { kind: "websocket", url: "wt", rotate: 1 },
]) {
  test(`a place of WebTransport that is ${JSON.stringify(place).slice(0, 60)} disturbs nobody (PROTOCOL 14.8)`, async () => {
    const memory = new Kept();
    const network = { key: "home", bad: {}, till: 0, place, placeTill: Date.now() + 60_000 };
    memory.getItem = () => JSON.stringify({ networks: Array(100).fill(network) });
    open(new FakeServer(), { memory, transports: ["webtransport", "websocket", "longpoll"] });
    await until(() => s.transport === "websocket");
    assert(!did("blame", "webtransport"), log());
    const kept = JSON.parse([...memory.items.values()][0]!);
    assert(JSON.stringify(kept).length < 4000 && kept.networks.length <= 8);
    assert.equal(kept.networks[0].place, undefined);
  });
}

test("decisions are bounded", async () => {
  const server = new FakeServer();
  open(server, { transports: ["websocket", "longpoll"] });
  for (let i = 0; i < 20; i++) {
    s.force(i % 2 ? "longpoll" : "websocket");
    await until(() => s.transport === (i % 2 ? "longpoll" : "websocket"));
  }
  assert.equal(s.decisions.length, 64);
  const { time, what } = s.decisions.at(-1)!;
  assert(Math.abs(Date.now() - time) < 5000 && what, "time and kind of the last");
});

test("force moves among the three", async () => {
  const server = new FakeServer();
  open(server);
  await until(() => s.transport === "websocket");
  const got: unknown[] = [];
  s.on("n", (n) => got.push(n));
  let n = 0;
  for (const kind of ["sse", "longpoll", "sse", "websocket", "longpoll", "websocket"] as const) {
    s.force(kind);
    server.emit("n", n++);
    await until(() => s.transport === kind);
    await s.emit("up", n);
  }
  await until(() => got.length === n);
  assert.deepEqual(got, [0, 1, 2, 3, 4, 5]);
  assert.throws(() => s.force("carrier pigeon" as Kind), /TypeError: weft: no such transport/);
});

test("a transport that is none is refused", () => {
  const server = new FakeServer();
  assert.throws(() => open(server, { transports: ["carrier pigeon" as Kind] }), /TypeError: weft: no such transport/);
  assert.throws(() => open(server, { transports: [] }), /TypeError: weft: no such transport/);
});

test("an attachment whose READY comes with a message has carried something, and the next is not waited for (PROTOCOL 14.11)",
  async () => {
    const server = new FakeServer();
    const got: unknown[] = [];
    open(server, { transports: ["websocket"] });
    s.on("n", (n) => got.push(n));
    await s.ready;
    const began = performance.now();
    for (let i = 1; i <= 10; i++) {
      server.cut();
      server.emit("n", i);
      await until(() => got.length === i);
    }
    const took = performance.now() - began; // 10 waits of 250 ms at most
    assert(took < 5000, `10 cuts took ${took} ms`);
  });
