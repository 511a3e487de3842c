import assert from "node:assert/strict";
import { test } from "node:test";

import { Latest } from "./latest.js";
import { event, Pair } from "./pair.testing.js";

// PROTOCOL 17.3
test("latest: replaced ones keep their turn, and the oldest give way", () => {
  const latest = new Latest();
  const limit = { messages: 3, bytes: 100 };
  for (const key of ["a", "b", "a", "ü"]) {
    latest.put(key, event(`${key}${latest.items.size}`), limit);
  }
  assert.equal(latest.bytes, (1 + 5) + (1 + 5) + (2 + 6));
  latest.put("c", event("c"), limit);
  assert.deepEqual([...latest.items.keys()], ["b", "ü", "c"]);
  latest.put("b", event("b", 200), limit);
  assert.deepEqual([...latest.items.keys()], ["b"], "never the newest");
  assert.equal(latest.dropped, 3);
  assert.equal(latest.take()!.key, "b");
  assert.equal(latest.take(), undefined);
  assert.equal(latest.bytes, 0);
});

// PROTOCOL 17.3, 17.5
test("a flood of keys costs bounded memory", () => {
  const pair = new Pair();
  pair.connect();
  pair.take("client");
  for (let i = 0; i < 3000; i++) {
    pair.client.sendVolatile(`key${i}`, event("v"));
    if (i % 200 === 199) {
      pair.move("client");
    }
  }
  assert.equal(pair.take("server").filter(({ kind }) => kind === "volatile").length, 3000);
  assert.equal(pair.server.volatile.seen.size, 1024);
  assert.equal(pair.server.volatile.floor, 3000 - 1024);
  for (let i = 0; i < 3000; i++) {
    pair.client.sendVolatile(`key${i}`, event("v"));
  }
  pair.check();
  assert.equal(pair.client.volatile.waiting.items.size, 256);
  pair.cut();
  assert.equal(pair.client.volatile.waiting.dropped, 3000);
  assert.equal(pair.server.volatile.seen.size, 0);
});
