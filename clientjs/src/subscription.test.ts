import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { connect, type Session, WeftError } from "./index.js";
import { FakeServer } from "./server.testing.js";

let server: FakeServer;
let s: Session;

async function open(): Promise<void> {
  server = new FakeServer();
  s = connect("http://server/rt", server.options);
  await s.ready;
}

afterEach(() => s.close({ timeout: 0 }));

async function until(what: () => unknown): Promise<void> {
  for (const end = performance.now() + 3000; !what(); await new Promise((soon) => setTimeout(soon, 1))) {
    assert(performance.now() < end, `never: ${what}`);
  }
}

test("publications reach listeners, also those that come before the answer", async () => {
  await open();
  server.calls["weft.subscribe"] = ({ topic }) => {
    server.publish(topic, 1, "said", "early");
    return { topic, epoch: 7, offset: 0 };
  };
  const room = await s.subscribe("room", { history: 5 });
  assert.equal(server.heard[0], 'weft.subscribe {"topic":"room","history":5}');
  const got: unknown[] = [];
  const off = room.on("said", (m, { offset }) => got.push([m, offset]));
  await until(() => got.length === 1);
  server.publish("room", 2, "said", "late");
  await until(() => got.length === 2);
  assert.deepEqual(got, [["early", 1], ["late", 2]]);
  assert.deepEqual(room.place, { epoch: 7, offset: 2 });
  off();
  const unhandled = new Promise<any>((seen) => s.addEventListener("unhandled", seen));
  server.publish("room", 3, "said", "unheard");
  const { topic, name, data, offset } = await unhandled;
  assert.deepEqual({ topic, name, data, offset }, { topic: "room", name: "said", data: "unheard", offset: 3 });
});

test("a refused subscription rejects, and may be tried again", async () => {
  await open();
  const { "weft.subscribe": allow } = server.calls;
  server.calls["weft.subscribe"] = () => {
    throw { code: 4403, message: "not for you" };
  };
  await assert.rejects(s.subscribe("room"), (e) => e instanceof WeftError && e.code === 4403);
  server.calls["weft.subscribe"] = allow!;
  const room = await s.subscribe("room");
  await assert.rejects(s.subscribe("room"), (e) => e instanceof WeftError && e.code === 4400);
  await room.unsubscribe();
  await s.subscribe("room");
});

test("leaving and coming back waits for the server's word (PROTOCOL 10.7)", async () => {
  await open();
  let left = (): void => {};
  server.calls["weft.unsubscribe"] = () => new Promise<void>((done) => (left = done));
  const first = await s.subscribe("room");
  const leaving = first.unsubscribe();
  const again = s.subscribe("room");
  await until(() => server.heard.length === 2);
  server.publish("room", 1, "said", "on its way"); // is consumed, and heard by nobody
  await new Promise((soon) => setTimeout(soon, 10));
  assert.equal(server.heard.length, 2);
  left();
  await leaving;
  assert.notEqual(await again, first);
});

test("an aborted subscription is left again", async () => {
  await open();
  const abort = new AbortController();
  server.calls["weft.subscribe"] = () => new Promise(() => {});
  const room = s.subscribe("room", { signal: abort.signal });
  await until(() => server.heard.length === 1);
  abort.abort();
  await assert.rejects(room, { name: "AbortError" });
  await until(() => server.heard.includes('weft.unsubscribe {"topic":"room"}'));
});

test("gaps are told", async () => {
  await open();
  const room = await s.subscribe("room");
  const gap = new Promise<any>((seen) => room.addEventListener("gap", seen));
  server.gap("room", 3, 9, 8);
  const { from, to } = await gap;
  assert.deepEqual([from, to], [3, 9]);
  assert.deepEqual(room.place, { epoch: 8, offset: 9 });
});

test("an empty log that took the topic's place is a gap without numbers (PROTOCOL 10.3)", async () => {
  await open();
  await until(() => s.transport === "websocket");
  const room = await s.subscribe("room");
  server.publish("room", 1, "n", 1);
  await until(() => room.place?.offset === 1);
  const gap = new Promise<any>((seen) => room.addEventListener("gap", seen));
  server.calls["weft.subscribe"] = ({ topic }) => ({ topic, epoch: 9, offset: 0 });
  server.forget();
  const { from, to } = await gap;
  assert.deepEqual([from, to], [0, 0]);
  assert.deepEqual(room.place, { epoch: 9, offset: 0 });
});

test("a loop takes every publication in order; leaving it unsubscribes", async () => {
  await open();
  const room = await s.subscribe("room");
  for (let i = 1; i <= 5; i++) {
    server.publish("room", i, "n", i);
  }
  const got: unknown[] = [];
  for await (const { name, data, offset } of room) {
    got.push([name, data, offset]);
    if (data === 3) {
      break;
    }
  }
  assert.deepEqual(got, [["n", 1, 1], ["n", 2, 2], ["n", 3, 3]]);
  await until(() => server.heard.includes('weft.unsubscribe {"topic":"room"}'));
});

test("a slow loop stops its topic only", async () => {
  await open();
  await until(() => s.transport === "websocket");
  const [slow, fast] = [await s.subscribe("slow"), await s.subscribe("fast")];
  const heard: unknown[] = [];
  fast.on("n", (n) => heard.push(n));
  const loop = slow[Symbol.asyncIterator]();
  const first = loop.next();
  for (let i = 1; i <= 300; i++) {
    server.publish("slow", i, "n", i);
  }
  server.publish("fast", 1, "n", "through");
  await until(() => heard.length === 1);
  assert.equal((await first).value?.data, 1);
  const rest: unknown[] = [];
  while (rest.length < 299) {
    rest.push((await loop.next()).value?.data);
  }
  assert.deepEqual(rest, Array.from({ length: 299 }, (_, i) => i + 2));
  assert.equal((await loop.return()).done, true);
});

test("the end of a session ends a loop when it has given what there is", async () => {
  await open();
  const room = await s.subscribe("room");
  const got: unknown[] = [];
  const loop = (async () => {
    for await (const { data } of room) {
      got.push(data);
    }
  })();
  server.publish("room", 1, "n", 1);
  await until(() => got.length === 1);
  await s.close();
  await loop;

  await open();
  const other = await s.subscribe("room");
  const ended = new Promise<any>((seen) => other.addEventListener("closed", seen));
  const failing = (async () => {
    for await (const e of other) {
      assert.fail(e.name);
    }
  })();
  await until(() => s.transport === "websocket");
  server.core!.abort(4403, "go away");
  server.changed();
  await assert.rejects(failing, (e) => e instanceof WeftError && e.code === 4403);
  assert.equal((await ended).code, 4403);
});

test("a topic that a new session may not follow ends", async () => {
  await open();
  await until(() => s.transport === "websocket");
  const room = await s.subscribe("room");
  const ended = new Promise<any>((seen) => room.addEventListener("closed", seen));
  server.calls["weft.subscribe"] = () => {
    throw { code: 4403, message: "not any more" };
  };
  server.forget();
  const { code, reason } = await ended;
  assert.deepEqual([code, reason], [4403, "not any more"]);
  assert.equal(s.state, "open");
});

for (const transports of [["websocket", "longpoll"], ["longpoll"]] as const) {
  test(`an answer that comes with the end of its session is followed by a subscription in the next (${transports[0]})`, async () => {
    server = new FakeServer();
    s = connect("http://server/rt", { ...server.options, transports: [...transports] });
    await until(() => s.transport === transports[0]);
    const changed = server.changed.bind(server);
    server.calls["weft.subscribe"] = ({ topic, epoch = 7, offset = 0 }) => {
      if (server.heard.length === 1) { // the answer waits for CLOSE
        server.changed = () => {};
        setTimeout(() => {
          server.changed = changed;
          server.core!.close(4503, "draining");
          changed();
        }, 20);
      }
      return { topic, epoch, offset };
    };
    const room = await s.subscribe("room");
    server.core = undefined; // the next session is another one
    await until(() => server.heard.length === 2);
    assert.equal(server.heard[1], 'weft.subscribe {"topic":"room","epoch":7,"offset":0}');
    await until(() => s.transport === transports[0]);
    const got = new Promise((said) => room.on("said", said));
    server.publish("room", 1, "said", "here");
    assert.equal(await got, "here");
  });
}

test("topics are followed into the next session though the queue is full (PROTOCOL 5.9)", async () => {
  server = new FakeServer();
  s = connect("http://server/rt", { ...server.options, queue: { messages: 2, bytes: 1 << 20 } });
  await until(() => s.transport === "websocket");
  const rooms = await Promise.all(["a", "b", "c", "d"].map((topic) => s.subscribe(topic)));
  for (const room of rooms) {
    room.addEventListener("closed", ({ code }) => assert.equal(code, 1000, "by the end of the test alone"));
  }
  server.forget();
  await until(() => server.heard.length === 8);
});

test("a subscription that waits for the topic to be left can be aborted", async () => {
  await open();
  const room = await s.subscribe("room");
  server.calls["weft.unsubscribe"] = () => new Promise(() => {});
  void room.unsubscribe();
  const abort = new AbortController();
  const again = s.subscribe("room", { signal: abort.signal });
  abort.abort();
  await assert.rejects(again, { name: "AbortError" });
});

test("a loop that waits is left at once", async () => {
  await open();
  const room = await s.subscribe("room");
  const loop = room[Symbol.asyncIterator]();
  const waits = loop.next();
  assert.deepEqual(await loop.return(), { value: undefined, done: true });
  assert.deepEqual(await waits, { value: undefined, done: true });
  await until(() => server.heard.at(-1)!.startsWith("weft.unsubscribe"));
});
