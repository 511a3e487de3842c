import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, CLIENT_DEFAULTS } from "./client.js";
import { event, Pair, reply, request } from "./pair.testing.js";

test("messages cross, a lost connection repeats nothing, and both ends close", () => {
  const pair = new Pair();
  pair.client.send(event("first"));
  pair.connect();
  assert.deepEqual(pair.consume("server"), ["first"]);
  pair.settle();
  assert.deepEqual(pair.take("client").map((e) => e.kind), ["attached", "confirmed"]);

  pair.client.send(event("second"));
  pair.move("client", true);
  pair.cut();
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
  const pair = new Pair({}, { slots: 1 });
  pair.connect();
  const id = pair.client.nextId();
  pair.client.send(request(id, "sum"));
  pair.settle();
  pair.server.start();
  assert.deepEqual(pair.consume("server"), ["sum"]);
  pair.server.send(reply(id, 3));
  pair.settle();
  assert.equal(pair.server.canStart(), false);
  pair.server.starved();
  pair.settle();
  assert.equal(pair.server.canStart(), true);
  assert.deepEqual(pair.take("client").map((e) => e.kind), ["attached", "confirmed", "resolve"]);
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

test("a message that the application built wrongly is refused before it has a number", () => {
  const pair = new Pair();
  pair.connect();
  assert.throws(() => pair.client.send(event("a\n")), { code: 4400 });
  assert.throws(() => pair.client.send(event("a", 1 << 20)), { code: 4413 });
  assert.equal(pair.client.pending(), false);
});
