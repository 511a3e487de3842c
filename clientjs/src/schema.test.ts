import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, type Session, type Subscription, type WeftError } from "./index.js";

// What connect<Schema> promises is checked by the compiler. Nothing of it is called.

interface Said {
  text: string;
  at: number;
}

interface Chat {
  events: { in: { notice: string; tick: undefined }; out: { say: { room: string; text: string }; bye: undefined } };
  calls: { sum: (input: { a: number; b: number }) => number; now: () => Promise<Date>; find: (id?: string) => Said[] };
  handlers: { locate: (input: { exact: boolean }) => { x: number } };
  topics: { [topic: `room:${string}`]: { said: Said; left: string }; news: { flash: string } };
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const equal = <A, B>(_: Equal<A, B>): void => {};

async function withSchema(s: Session<Chat>): Promise<void> {
  s.on("notice", (n) => equal<typeof n, string>(true));
  // @ts-expect-error: the client sends it
  s.on("say", () => {});
  equal<ReturnType<typeof s.on>, () => void>(true);

  await s.emit("say", { room: "1", text: "hi" }, { signal: new AbortController().signal });
  await s.emit("bye");
  const taken = s.volatile("say", { room: "1", text: "hi" }, { key: "mine" });
  equal<typeof taken, boolean>(true);
  s.volatile("bye");
  // @ts-expect-error: wrong data
  s.volatile("say", { room: 1, text: "hi" });
  // @ts-expect-error: unknown
  s.volatile("notice", "n");
  // @ts-expect-error: no data
  await s.emit("say");
  // @ts-expect-error: wrong data
  await s.emit("say", { room: 1, text: "hi" });
  // @ts-expect-error: unknown
  await s.emit("notice", "n");

  const sum = await s.call("sum", { a: 1, b: 2 }, { timeout: 5 });
  equal<typeof sum, number>(true);
  const now = await s.call("now");
  equal<typeof now, Date>(true);
  await s.call("find");
  await s.call("find", "id");
  // @ts-expect-error: no input
  await s.call("sum");
  // @ts-expect-error: unknown
  await s.call("product", { a: 1 });

  s.handle("locate", ({ exact }, { signal }) => {
    equal<typeof exact, boolean>(true);
    equal<typeof signal, AbortSignal>(true);
    return { x: 1 };
  });
  s.handle("locate", async () => ({ x: 1 }));
  // @ts-expect-error: wrong output
  s.handle("locate", () => ({ y: 1 }));

  const room = await s.subscribe("room:42", { history: 5 });
  room.on("said", (m, { name, offset }) => {
    equal<typeof m, Said>(true);
    equal<typeof name, "said">(true);
    equal<typeof offset, number>(true);
  });
  // @ts-expect-error: unknown
  room.on("flash", () => {});
  for await (const e of room) {
    if (e.name === "said") {
      equal<typeof e.data, Said>(true);
    } else {
      equal<typeof e.data, string>(true);
    }
  }
  // @ts-expect-error: unknown
  await s.subscribe("lobby");

  s.addEventListener("lost", ({ code, unconfirmed }) => {
    equal<typeof code, number>(true);
    equal<(typeof unconfirmed)[number]["kind"], "emit" | "call">(true);
  });
  room.addEventListener("gap", ({ from, to }) => equal<typeof from | typeof to, number>(true));
  equal<typeof s.state, "connecting" | "open" | "detached" | "closing" | "closed">(true);
  s.force("longpoll");
  s.force(null);
  // @ts-expect-error: no such transport
  s.force("carrier pigeon");
}

async function withoutSchema(s: Session): Promise<void> {
  s.on("anything", (data) => data.any.thing);
  await s.emit("anything");
  await s.emit("anything", { any: "thing" });
  const total: number = await s.call("sum", { a: 1 });
  equal<typeof total, number>(true);
  s.handle("anything", (input) => input.thing);
  const room: Subscription = await s.subscribe("room");
  room.on("said", (m) => m.text);
  for await (const { name, data } of room) {
    equal<typeof name, string>(true);
    data.any.thing;
  }
  const failed = (e: WeftError): number => e.code;
  equal<ReturnType<typeof failed>, number>(true);
}

function partOfASchema(s: Session<{ calls: { sum: (n: number[]) => number } }>): void {
  void s.call("sum", [1]);
  // @ts-expect-error: what is left out does not exist
  void s.emit("say");
  // @ts-expect-error: what is left out does not exist
  s.on("notice", () => {});
}

test("connect takes a schema", () => {
  const s: Session<Chat> | undefined = false as boolean ? connect<Chat>("/rt") : undefined;
  assert.equal(s, undefined);
  assert.deepEqual([withSchema, withoutSchema, partOfASchema].map((f) => typeof f), Array(3).fill("function"));
});
