import assert from "node:assert/strict";
import { test } from "node:test";

import { binary } from "../frame/binary.js";
import { ATTACH, HELLO } from "../frame/frame.js";
import { CODEC_BYTES, EVENT, REPLY, REQUEST } from "../frame/message.js";
import { Writer } from "../frame/writer.js";
import { Client, CLIENT_DEFAULTS } from "./client.js";
import type { Effect, End } from "./core.js";
import { check } from "./invariants.js";
import { Item } from "./item.js";
import { Server, SERVER_DEFAULTS } from "./server.js";

/** Both ends on one connection, which carries everything at once. */
class Pair {
  readonly client = new Client(CLIENT_DEFAULTS, new Uint8Array(16));
  readonly server = new Server(SERVER_DEFAULTS);
  readonly effects: Record<"client" | "server", Effect[]> = { client: [], server: [] };
  now = 1;

  connect(): void {
    const out = new Writer();
    this.client.open(this.now, false, binary, out);
    const [first, ...rest] = binary.decode(out.take(), 1 << 20);
    const opening = { sid: new Uint8Array(16), gen: 0, extras: new Map() };
    let b: number;
    if (first!.type === HELLO) {
      b = this.server.hello(this.now, false, { ...opening, token: new Uint8Array(32) });
    } else {
      assert(first!.type === ATTACH);
      b = this.server.attach(this.now, false, first!, { ...opening, token: undefined }, this.effects.server);
    }
    for (const f of rest) {
      this.server.receive(this.now, b, f, false, this.effects.server);
    }
    this.settle();
  }

  /** Carries batches both ways until neither end has anything to say. */
  settle(): void {
    while (this.move("server", "client") || this.move("client", "server")) {
      assert.equal(check(this.client), "");
      assert.equal(check(this.server), "");
    }
  }

  move(from: "client" | "server", to: "client" | "server"): boolean {
    const source: End = this[from];
    const sink: End = this[to];
    const out = new Writer();
    source.batch(this.now, source.current, binary, out);
    const batch = out.take();
    const b = this.client.outstanding && to === "client" ? this.client.outstanding : sink.current;
    for (const f of binary.decode(batch, 1 << 20)) {
      if (!sink.receive(this.now, b, f, false, this.effects[to])) {
        break;
      }
    }
    return batch.length > 0;
  }

  /** Takes what an end was given to deliver, and consumes it. */
  consume(end: "client" | "server"): string[] {
    const effects = this.effects[end].splice(0);
    return effects.flatMap((e) => {
      if (e.kind !== "deliver") {
        return [];
      }
      this[end].consumed(e.seq);
      return [e.message.name!];
    });
  }
}

const event = (name: string): Item => new Item({ kind: EVENT, codec: CODEC_BYTES, name, payload: new Uint8Array(0) }, 1);

test("messages cross, a lost connection repeats nothing, and both ends close", () => {
  const pair = new Pair();
  pair.client.send(event("first"));
  pair.connect();
  assert.deepEqual(pair.consume("server"), ["first"]);
  pair.settle();
  assert.equal(pair.effects.client.filter((e) => e.kind === "confirmed").length, 1);

  pair.client.send(event("second"));
  pair.client.batch(pair.now, pair.client.current, binary, new Writer()); // is lost
  pair.client.lost(pair.now, pair.client.current);
  pair.server.lost(pair.now, pair.server.current);
  assert.equal(pair.client.unconfirmed().sent, 1);
  pair.connect();
  assert.deepEqual(pair.consume("server"), ["second"]);
  pair.settle();
  assert.equal(pair.client.att, 2);

  pair.client.close(1000, "bye");
  pair.settle();
  assert.deepEqual(pair.client.over, { code: 1000, reason: "bye", remote: false });
  assert.deepEqual(pair.server.over, { code: 1000, reason: "bye", remote: true });
});

test("a request occupies a slot until its reply has arrived", () => {
  const pair = new Pair();
  pair.connect();
  const id = pair.client.nextId();
  pair.client.send(new Item({ kind: REQUEST, codec: CODEC_BYTES, id, name: "sum", payload: new Uint8Array(0) }));
  pair.settle();
  pair.server.start();
  pair.consume("server");
  pair.server.send(new Item({ kind: REPLY, codec: CODEC_BYTES, id, payload: new Uint8Array(3) }));
  pair.settle();
  assert.equal(pair.server.receiver.slots, 1);
  pair.server.starved();
  pair.settle();
  assert.equal(pair.server.receiver.slots, 0);
  assert.deepEqual(pair.effects.client.map((e) => e.kind), ["attached", "resolve"]);
});

test("the queue refuses what it has no room for, and a closing end everything", () => {
  const client = new Client({ ...CLIENT_DEFAULTS, queue: { messages: 2, bytes: 1 << 20 } }, new Uint8Array(16));
  client.send(event("a"));
  client.send(event("b"));
  assert.throws(() => client.send(event("c")), { why: "full" });
  assert.throws(() => client.send(event("")), { code: 4400 });
  client.close(1000, "");
  assert.equal(client.over, undefined);
  assert.throws(() => client.send(event("d")), { why: "closed" });
});
