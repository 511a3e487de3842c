import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { FakeHost } from "./host.testing.js";
import { connect, type Session } from "./index.js";
import { LongPollLink } from "./longpoll.js";
import { FakeServer } from "./server.testing.js";

let s: Session;

async function open(): Promise<FakeServer> {
  const server = new FakeServer();
  s = connect("http://server/rt", { ...server.options, transports: ["longpoll"] });
  await s.ready;
  return server;
}

afterEach(() => s.close({ timeout: 0 }));

async function until(what: () => unknown): Promise<void> {
  for (const end = performance.now() + 3000; !what(); await new Promise((soon) => setTimeout(soon, 1))) {
    assert(performance.now() < end, `never: ${what}`);
  }
}

const numbers = (server: FakeServer): string[] =>
  server.requests.filter((r) => r.startsWith("poll?")).map((r) => new URLSearchParams(r.slice(5)).get("poll")!);

test("polls are numbered 1 greater when the answer came (PROTOCOL 11.4)", async () => {
  const server = await open();
  const got: unknown[] = [];
  s.on("n", (n) => got.push(n));
  for (let i = 1; i <= 3; i++) {
    server.emit("n", i);
    await until(() => got.length === i);
  }
  await until(() => numbers(server).length === 4);
  assert.deepEqual(numbers(server), ["1", "2", "3", "4"]);
});

test("and 2 greater when it did not; it is told again (PROTOCOL 11.4, 11.5)", async () => {
  const server = await open();
  const got: unknown[] = [];
  s.on("n", (n) => got.push(n));
  await until(() => numbers(server).length === 1);
  server.failing = { door: "poll", before: 0, after: 1 };
  server.emit("n", 1);
  await until(() => got.length === 1);
  await until(() => numbers(server).length === 3);
  assert.deepEqual(numbers(server), ["1", "3", "4"]);
  assert.equal(s.state, "open");
});

test("an answer that is empty and not 204 is none: its headers were torn (PROTOCOL 11.17)", async () => {
  const server = new FakeServer();
  const torn = new Set(["poll", "send"]);
  s = connect("http://server/rt", {
    ...server.options,
    transports: ["longpoll"],
    fetch: async (url, init) => {
      const answer = await server.options.fetch!(url, init);
      const tear = answer.status === 200 && torn.delete(/\/(\w+)\?/.exec(String(url))?.[1] ?? "");
      return tear ? new Response(null, { headers: answer.headers }) : answer;
    },
  });
  await s.ready;
  server.slow = true; // a poll alone can say that it was handled
  const handled = s.emit("n", 1);
  await until(() => server.heard.length);
  server.core!.consumed(1);
  server.changed();
  await handled;
  server.emit("m");
  await until(() => numbers(server).length >= 3);
  assert.deepEqual([...torn], []);
  assert.deepEqual(server.heard, ["n 1"]);
  assert.deepEqual(numbers(server).slice(0, 3), ["1", "3", "4"]);
});

test("a lost answer is asked for by the same frames, one POST at a time (PROTOCOL 11.6)", async () => {
  const server = await open();
  await until(() => numbers(server).length === 1);
  server.failing = { door: "send", before: 0, after: 1 };
  const emitted = [s.emit("n", 1)];
  await Promise.resolve();
  emitted.push(s.emit("n", 2));
  await Promise.all(emitted);
  const sends = server.bodies.filter((b) => b.startsWith("send"));
  assert.equal(sends.length, 3);
  assert.equal(sends[0], sends[1]);
  assert.deepEqual(server.heard, ["n 1", "n 2"]);
});

test("a door that stays shut is a dead link: the session attaches again", async () => {
  const server = await open();
  await until(() => numbers(server).length === 1);
  server.failing = { door: "send", before: 2, after: 0 };
  const states: string[] = [];
  s.addEventListener("statechange", () => states.push(s.state));
  await s.emit("n", 1);
  assert.deepEqual(states, ["detached", "open"]);
  assert.deepEqual(server.heard, ["n 1"]);
  assert.equal(server.core!.att, 2);
});

test("a server that is down is tried again", async () => {
  const server = new FakeServer();
  server.failing = { door: "session", before: 1, after: 1 };
  s = connect("http://server/rt", server.options);
  await s.ready;
  assert.deepEqual(server.requests.slice(0, 3), ["session", "session", "session"]);
});

test("a session that is gone is told by the answer to a poll", async () => {
  const server = await open();
  await until(() => numbers(server).length === 1);
  const lost = new Promise<any>((seen) => s.addEventListener("lost", seen));
  server.forget();
  assert.equal((await lost).code, 4410);
  await s.ready;
});

test("an answer to HELLO that is none is followed by another attempt soon", async () => {
  const server = new FakeServer();
  let asked = 0;
  const began = performance.now();
  s = connect("http://server/rt", {
    transports: ["longpoll"],
    fetch: async (url, init) => (asked++ ? server.options.fetch!(url, init) : new Response(null, { status: 204 })),
  });
  await s.ready;
  assert(performance.now() - began < 3000, "it waited for an answer that had come");
});

test("polls that are cut for being held are held for less, on the next link too", async () => {
  const { now } = performance;
  let late = 0;
  performance.now = () => now.call(performance) + late;
  const doors: string[] = [];
  const host = new FakeHost("http://server/rt", async (url) => {
    const cut = [10_000, 5_000][doors.length];
    doors.push(String(url).replace(/.*\//, ""));
    if (!cut) {
      return new Promise<never>(() => {}); // it is held
    }
    late += cut;
    throw new TypeError("cut");
  });
  try {
    const link = new LongPollLink(host);
    void link.poll();
    await host.tells("down");
    link.close();
    const next = new LongPollLink(host);
    void next.poll();
    next.close();
  } finally {
    performance.now = now;
  }
  const polls = doors.map((door) => door.replace(/hold=40\d\d$/, "hold=40.."));
  const positions = "&rcv=2&ack=1";
  assert.deepEqual(polls, [
    `poll?att=3&poll=1${positions}`, `poll?att=3&poll=3${positions}`, `poll?att=3&poll=1${positions}&hold=40..`,
  ]);
});

test("what a proxy answers late is no cut, unless it has waited for too long", async () => {
  for (const [status, held] of [[502, true], [503, true], [504, false]] as const) {
    const { now } = performance;
    let late = 0;
    performance.now = () => now.call(performance) + late;
    const host = new FakeHost("http://server/rt", async () => {
      late += 10_000;
      return new Response("sorry", { status });
    });
    const link = new LongPollLink(host);
    try {
      void link.poll();
      await host.tells("down");
    } finally {
      performance.now = now;
      link.close();
    }
    assert.equal(host.hold.ms === Infinity, held, `after ${status}`);
  }
});

test("how long a poll is held is left to the server as long as it works", async () => {
  const server = await open();
  await until(() => numbers(server).length === 1);
  assert(!server.requests.some((r) => r.includes("hold")));
});
