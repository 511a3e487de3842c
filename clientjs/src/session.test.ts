import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { type ConnectOptions, connect, type EndEvent, type Session, WeftError } from "./index.js";
import { Plan } from "./plan/plan.js";
import { FakeServer } from "./server.testing.js";

const sessions: Session[] = [];

function open(options: ConnectOptions = {}): { server: FakeServer; s: Session } {
  const server = new FakeServer();
  const s = connect("http://server/rt/", { ...server.options, ...options });
  sessions.push(s);
  return { server, s };
}

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((s) => s.close({ timeout: 0 })));
});

const macrotask = (): Promise<void> => new Promise((done) => setTimeout(done));

/** Waits until something is true. */
async function until(what: () => unknown, ms = 3000): Promise<void> {
  for (const end = performance.now() + ms; !what(); await new Promise((soon) => setTimeout(soon, 1))) {
    assert(performance.now() < end, `never: ${what}`);
  }
}

const on = async (s: Session, transport: string): Promise<void> => until(() => s.transport === transport);

const error = (code: number) => (e: unknown): boolean => e instanceof WeftError && e.code === code;

/** Catches what would be reported as uncaught, until its result is called for it. */
function catchReported(): () => string[] {
  const { queueMicrotask } = globalThis;
  const messages: string[] = [];
  globalThis.queueMicrotask = (f) => queueMicrotask(() => {
    try {
      f();
    } catch (e) {
      messages.push((e as Error).message);
    }
  });
  return () => {
    globalThis.queueMicrotask = queueMicrotask;
    return messages;
  };
}

/** The next event of a type. */
const next = (target: EventTarget, type: string): Promise<any> =>
  new Promise((got) => target.addEventListener(type, got, { once: true }));

test("a session is opened by POST and moves to WebSocket (PROTOCOL 14.1, 14.2)", async () => {
  const { server, s } = open();
  const seen: string[] = [];
  for (const type of ["statechange", "transportchange"]) {
    s.addEventListener(type, () => seen.push(`${type} ${s.state} ${s.transport}`));
  }
  assert.equal(s.state, "connecting");
  assert.equal(s.transport, undefined);
  await s.ready;
  await on(s, "websocket");
  assert.deepEqual(seen, [
    "statechange open longpoll", "transportchange open longpoll", "transportchange open websocket",
  ]);
  assert.deepEqual(server.requests, ["session"]);
  assert(s.rtt >= 0);
  await s.close();
  assert.equal(s.state, "closed");
  assert.deepEqual(await s.closed, { code: 1000, reason: "done", unconfirmed: [] });
});

test("the POST that opens carries what was emitted before", async () => {
  const { server, s } = open();
  await s.emit("say", { text: "hi" });
  assert.deepEqual(server.heard, ['say {"text":"hi"}']);
  assert.deepEqual(server.requests, ["session"]);
});

test("emits of one task travel together", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const before = server.sockets[0]!.sent.length;
  await Promise.all([1, 2, 3, 4].map((n) => s.emit("n", n)));
  assert.equal(server.sockets[0]!.sent.length, before + 1);
  assert.deepEqual(server.heard, ["n 1", "n 2", "n 3", "n 4"]);
});

test("payloads: JSON, bytes, nothing", async () => {
  const { server, s } = open();
  server.calls["echo"] = (input) => input;
  const bytes = Uint8Array.of(1, 2, 3);
  assert.deepEqual(await s.call("echo", bytes), bytes);
  assert.deepEqual(await s.call("echo", bytes.buffer), bytes);
  assert.deepEqual(await s.call("echo", new DataView(bytes.buffer, 1)), bytes.slice(1));
  assert.equal(await s.call("echo"), undefined);
  assert.equal(await s.call("echo", null), null);
  assert.equal(await s.call("echo", "\ud800 é \u2028"), "\ud800 é \u2028");
  await assert.rejects(s.emit("n", 1n), TypeError);
});

test("calls: answers, errors, deadlines, signals", async () => {
  const { server, s } = open();
  server.calls["sum"] = ({ a, b }) => a + b;
  server.calls["fail"] = () => {
    throw { code: 3001, message: "no" };
  };
  server.calls["hang"] = () => new Promise(() => {});
  assert.equal(await s.call("sum", { a: 1, b: 2 }), 3);
  await assert.rejects(s.call("fail"), error(3001));
  await assert.rejects(s.call("nobody"), error(4404));
  await assert.rejects(s.call("hang", undefined, { timeout: 20 }), error(4408));
  await until(() => server.replies.length === 1); // the server is told
  const abort = new AbortController();
  const call = s.call("hang", undefined, { signal: abort.signal });
  await until(() => server.heard.length === 5);
  abort.abort(new Error("enough"));
  await assert.rejects(call, /enough/);
  await until(() => server.replies.length === 2);
  await assert.rejects(s.call("sum", {}, { signal: AbortSignal.abort(new Error("before")) }), /before/);
});

test("a signal takes back what has not left yet (PROTOCOL 5.3)", async () => {
  const { server, s } = open({ transports: ["longpoll"] });
  await s.ready;
  const abort = new AbortController();
  const first = s.emit("first"); // occupies the POST
  await Promise.resolve();
  const gone = [s.emit("second", 2, { signal: abort.signal }), s.call("third", 3, { signal: abort.signal })];
  abort.abort();
  for (const promise of gone) {
    await assert.rejects(promise, { name: "AbortError" });
  }
  await first;
  await s.emit("last");
  assert.deepEqual(server.heard, ["first undefined", "last undefined"]);
  assert.deepEqual(server.replies, []);
});

test("a full queue refuses at once, and so does a closed session", async () => {
  const { s } = open({ queue: { messages: 1, bytes: 1 << 20 } });
  const first = s.emit("a");
  await assert.rejects(s.emit("b"), error(4429));
  await assert.rejects(s.emit("c", "x".repeat(2 << 20)), error(4413));
  await assert.rejects(s.emit(""), error(4400));
  await first;
  await s.close();
  await assert.rejects(s.emit("d"), error(1000));
  await assert.rejects(s.call("d"), error(1000));
});

test("direct events wait for the first listener", async () => {
  const { server, s } = open();
  server.calls["now"] = () => {
    server.emit("notice", 1);
    server.emit("other", 2);
  };
  const call = s.call("now");
  await s.ready;
  const got: unknown[] = [];
  s.on("notice", (n) => got.push(n));
  s.on("other", (n) => got.push(n));
  await until(() => got.length === 2);
  assert.deepEqual(got, [1, 2]);
  await call;
});

test("what nobody listens to is told one macrotask after ready", async () => {
  const { server, s } = open();
  const unhandled = next(s, "unhandled");
  await s.ready;
  server.emit("lonely", { n: 1 });
  const { name, data } = await unhandled;
  assert.deepEqual([name, data], ["lonely", { n: 1 }]);
});

test("listeners: off, signal, exceptions, promises", async () => {
  const { server, s } = open();
  await s.ready;
  const got: string[] = [];
  const abort = new AbortController();
  const off = s.on("e", () => got.push("off"));
  s.on("e", () => got.push("signal"), { signal: abort.signal });
  s.on("e", () => got.push("never"), { signal: AbortSignal.abort() });
  const thrown = catchReported();
  const throwing = s.on("e", () => {
    throw new Error("listener");
  });
  s.on("e", () => (got.push("last"), new Promise(() => {})));
  server.emit("e");
  await until(() => got.length === 3);
  await macrotask();
  assert.deepEqual(thrown(), ["listener"]);
  off();
  throwing();
  abort.abort();
  server.emit("e");
  await until(() => got.length === 4);
  assert.deepEqual(got, ["off", "signal", "last", "last"]);
});

test("a session survives a cut: nothing is lost, repeated or reordered", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const got: number[] = [];
  s.on("n", (n: number) => got.push(n));
  const emitted: Promise<void>[] = [];
  for (let i = 0; i < 60; i++) {
    emitted.push(s.emit("n", i));
    server.emit("n", i);
    if (i === 10 || i === 30) { // a third young death would make it try another transport
      i === 10 ? server.cut() : s.drop();
      await on(s, "websocket");
    }
  }
  await Promise.all(emitted);
  await until(() => got.length === 60);
  const order = Array.from({ length: 60 }, (_, i) => i);
  assert.deepEqual(got, order);
  assert.deepEqual(server.heard, order.map((i) => `n ${i}`));
});

test("a refused WebSocket leaves long polling, and forcing moves", async () => {
  const { server, s } = open();
  server.dialling = server.streaming = "refuse";
  await s.ready;
  await until(() => server.requests.some((r) => r.startsWith("poll?")));
  assert.equal(s.transport, "longpoll");
  server.dialling = "work";
  s.force("websocket");
  await on(s, "websocket");
  s.force("longpoll");
  await on(s, "longpoll");
  s.force(null);
  await on(s, "websocket");
  await s.emit("n", 1);
});

test("where there is no WebSocket, polls do", async () => {
  const { server, s } = open();
  await s.ready;
  await s.close({ timeout: 0 });
  server.forget();
  assert.equal(globalThis.WebSocket, undefined, "this runs on Node 20");
  const polling = connect("http://server/rt", { fetch: server.options.fetch });
  sessions.push(polling);
  await polling.ready;
  await polling.emit("n", 1);
  assert.equal(polling.transport, "longpoll");
});

test("a lost session is told, and followed by another (PROTOCOL 9.7, 9.8)", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const room = await s.subscribe("room");
  const got: unknown[] = [];
  room.on("said", (m) => got.push(m));
  server.publish("room", 1, "said", "one");
  await until(() => got.length === 1);
  server.slow = true;
  const sent = s.emit("sent", 1);
  await until(() => server.heard.includes("sent 1"));
  const rejected = assert.rejects(sent, error(4410));
  const lost: Promise<EndEvent> = next(s, "lost");
  server.slow = false;
  server.forget();
  const { code, unconfirmed } = await lost;
  assert.equal(code, 4410);
  assert.deepEqual(unconfirmed, [{ kind: "emit", name: "sent", data: 1, sent: true }]);
  await rejected;
  assert.equal(s.state, "connecting");
  await s.ready;
  await until(() => server.heard.at(-1) === 'weft.subscribe {"topic":"room","epoch":7,"offset":1}');
  server.publish("room", 2, "said", "two");
  await until(() => got.length === 2);
  await s.emit("again");
});

test("a refusal for good closes", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const closed: Promise<EndEvent> = next(s, "closed");
  const pending = assert.rejects(s.call("weft.subscribe"), error(4403));
  server.core!.abort(4403, "go away");
  server.changed();
  assert.equal((await closed).code, 4403);
  await pending;
  assert.equal(s.state, "closed");
  await s.ready; // it was
});

test("ready rejects when the session is refused", async () => {
  const { server, s } = open();
  server.core = { hello: () => { throw { code: 4403, reason: "no" }; } } as never;
  await assert.rejects(s.ready, error(4403));
  server.core = undefined;
});

test("bytes that are no frame end the session with 4400", async () => {
  for (const bytes of [Uint8Array.of(0xff), Uint8Array.of(4, 9, 1, 1, 1, 1, 0x6e, 0x7b, 0, 0, 0)]) {
    const { server, s } = open();
    await on(s, "websocket");
    server.raw(bytes);
    assert.equal((await s.closed).code, 4400);
  }
});

test("close waits for what was sent, but not for ever", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const emitted = s.emit("last");
  await s.close();
  await emitted;
  const other = open();
  await on(other.s, "websocket");
  other.server.slow = true;
  const never = assert.rejects(other.s.emit("never"), error(1000));
  await other.s.close({ timeout: 30 });
  await never;
  assert.deepEqual((await other.s.closed).unconfirmed, [{ kind: "emit", name: "never", data: undefined, sent: true }]);
  assert.deepEqual(server.heard, ["last undefined"]);
});

test("a WebSocket that takes nothing more is not written to", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const [socket] = server.sockets;
  const before = socket!.sent.length;
  socket!.bufferedAmount = 1 << 20;
  const emitted = s.emit("n", 1);
  await new Promise((later) => setTimeout(later, 120));
  assert.equal(socket!.sent.length, before);
  socket!.bufferedAmount = 0;
  await emitted;
});

/** Opens a session in a page, whose events the second return value takes. */
function openInPage(options: ConnectOptions = {}): ReturnType<typeof open> & { page: EventTarget } {
  const page = new EventTarget();
  const { addEventListener } = globalThis;
  globalThis.addEventListener = page.addEventListener.bind(page) as typeof addEventListener;
  const opened = open(options);
  globalThis.addEventListener = addEventListener;
  return { ...opened, page };
}

/** The timers that are set while something runs. */
async function timersOf(what: () => unknown): Promise<{ run: () => void; ms: number }[]> {
  const { setTimeout } = globalThis;
  const timers: { run: () => void; ms: number }[] = [];
  globalThis.setTimeout = ((run: () => void, ms = 0) => {
    timers.push({ run, ms });
    return setTimeout(run, ms);
  }) as typeof setTimeout;
  try {
    await what();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  return timers;
}

test("a timer is never set for longer than a browser can", async () => {
  const { s, page } = openInPage();
  s.call("slow", 1, { timeout: 2 ** 40 }).catch(() => {});
  const timers = await timersOf(() => Promise.resolve());
  assert.equal(timers.length, 1);
  page.dispatchEvent(new Event("freeze")); // there is no nearer deadline now
  const [next] = await timersOf(timers[0]!.run);
  assert(next && next.ms > 2 ** 29 && next.ms < 2 ** 31, `${next?.ms}`);
});

test("a session that the server ends for its rate is followed by another after 5 s (PROTOCOL 12.2)", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const timers = await timersOf(async () => {
    const lost = new Promise((done) => s.addEventListener("lost", done));
    server.core!.close(4429, "rate");
    server.changed();
    await lost;
    await new Promise(setImmediate);
  });
  const delays = timers.map(({ ms }) => ms);
  assert(delays.some((ms) => ms > 4900) && !delays.some((ms) => ms > 0 && ms < 4900), `${delays}`);
});

test("a session that cannot be opened again at once is still connecting", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const states: string[] = [];
  s.addEventListener("statechange", () => states.push(s.state));
  const lost = next(s, "lost");
  server.core!.close(4431, "shed");
  server.changed();
  await lost;
  server.failing = { door: "session", before: 1, after: 0 };
  server.core = undefined;
  await until(() => s.decisions.some(({ what, transport }) => what === "failed" && transport === "longpoll"));
  await on(s, "websocket");
  assert.deepEqual(states, ["connecting", "open"]);
});

test("a browser's measurements of the connection are no other network", async () => {
  const connection = new EventTarget();
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { connection }, configurable: true });
  const { server, s } = open();
  if (before) {
    Object.defineProperty(globalThis, "navigator", before);
  } else {
    delete (globalThis as any).navigator;
  }
  server.dialling = "refuse";
  await on(s, "sse");
  const { length } = server.sockets;
  const sent = server.requests.length;
  connection.dispatchEvent(new Event("change"));
  assert.equal(server.requests.length, sent + 1, "PING");
  assert.equal(server.sockets.length, length);
});

test("a page that is opened in the background is hidden from the beginning (PROTOCOL 14.4)", async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "document");
  Object.defineProperty(globalThis, "document", { value: { hidden: true }, configurable: true });
  const { hide } = Plan.prototype;
  const told: boolean[] = [];
  Plan.prototype.hide = function (now, hidden, out) {
    told.push(hidden);
    hide.call(this, now, hidden, out);
  };
  try {
    await open().s.ready;
    assert.deepEqual(told, [true]);
  } finally {
    Plan.prototype.hide = hide;
    delete (globalThis as any).document;
    before && Object.defineProperty(globalThis, "document", before);
  }
});

test("what the page is told", async () => {
  const { server, s, page } = openInPage();
  await on(s, "websocket");
  const { length } = server.sockets[0]!.sent;
  page.dispatchEvent(new Event("visibilitychange")); // PING (PROTOCOL 13.5)
  assert.equal(server.sockets[0]!.sent.length, length + 1);
  page.dispatchEvent(new Event("freeze")); // PROTOCOL 13.7
  assert.equal(s.state, "detached");
  assert.equal(server.sockets.length, 1);
  page.dispatchEvent(new Event("resume"));
  assert.equal(server.sockets.length, 2);
  await on(s, "websocket");
  page.dispatchEvent(new Event("pagehide"));
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  assert.equal(server.sockets.length, 3);
  await on(s, "websocket");
});

test("the server's calls are answered", async () => {
  const { server, s } = open();
  await s.ready;
  s.handle("double", (n: number) => n * 2);
  s.handle("refuse", () => {
    throw new WeftError(3005, "not today");
  });
  s.handle("break", () => {
    throw new Error("secret");
  });
  s.handle("large", () => "x".repeat(2 << 20));
  let aborted = false;
  s.handle("wait", (_, { signal }) => new Promise((done) => {
    signal.addEventListener("abort", () => done((aborted = true)));
  }));
  const reported = catchReported();
  const ids = ["double", "refuse", "break", "large", "nobody"].map((name) => server.call(name, 21));
  await until(() => server.replies.length === 5);
  const by = (id: number): unknown[] => {
    const { kind, code, text, payload } = server.replies.find((r) => r.id === id)!;
    return kind === 3 ? [new TextDecoder().decode(payload)] : [code, text];
  };
  assert.deepEqual(ids.map(by), [
    ["42"], [3005, "not today"], [4500, "internal error"], [4500, "internal error"], [4404, "no handler"],
  ]);
  server.cancel(server.call("wait", 0));
  const id = server.call("wait", 0);
  await macrotask();
  server.cancel(id);
  await until(() => aborted);
  assert.deepEqual(reported(), ["secret", "weft: frame is too large (4413)"]);
});

test("a call of a lost session that is aborted late leaves the next session's calls alone", async () => {
  const { server, s } = open({ transports: ["longpoll"] });
  server.calls["hang"] = () => new Promise(() => {});
  server.calls["sum"] = ({ a, b }) => a + b;
  await s.ready;
  const abort = new AbortController();
  const old = s.call("hang", undefined, { signal: abort.signal });
  const next = new Promise<unknown>((answered) => s.addEventListener("lost", () => {
    answered(s.call("sum", { a: 1, b: 2 })); // it has the same id
    abort.abort();
  }));
  await Promise.resolve();
  server.forget();
  await assert.rejects(old);
  assert.equal(await next, 3);
});

test("an error that cannot be sent is an internal one, and its call has its slot back (PROTOCOL 5.8, 12.4)", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  s.handle("long", () => Promise.reject(new WeftError(3001, "x".repeat(1025))));
  s.handle("code", () => Promise.reject(new WeftError(404, "not found")));
  const heard = new Promise((got) => s.on("after", got));
  const reported = catchReported();
  for (let i = 0; i < 70; i++) {
    server.call(i % 2 ? "long" : "code", i);
  }
  server.emit("after", "them");
  await until(() => server.replies.length === 70);
  assert(server.replies.every(({ code, text }) => code === 4500 && text === "internal error"));
  assert.equal(await heard, "them");
  assert.equal(reported().length, 70);
});

test("a session that ends with a code that no browser closes with ends (PROTOCOL 9.4)", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  server.core!.close(1001, "going away");
  server.changed();
  assert.equal((await s.closed).code, 1001);
  assert.equal(server.sockets[0]!.closed, 1000);
});

test("a listener that was taken away and added again stays when the first signal aborts", async () => {
  const { server, s } = open();
  await on(s, "websocket");
  const first = new AbortController();
  const got: unknown[] = [];
  const listener = (data: unknown): void => void got.push(data);
  const off = s.on("e", listener, { signal: first.signal });
  off();
  s.on("e", listener);
  off();
  first.abort();
  server.emit("e", 1);
  await until(() => got.length === 1);
});
