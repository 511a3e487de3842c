import assert from "node:assert/strict";
import { test } from "node:test";

import type { Setup } from "./link.js";
import { isBad, keep, recall } from "./memory.js";
import type { Action } from "./plan/action.js";
import { Plan } from "./plan/plan.js";

// What was kept may be anything: another version's, or another script's of the same origin. PROTOCOL 14.8

const HOUR = 3_600_000;
const NOW = 1_700_000_000_000;

const odd = [
  undefined, null, true, 0, -5, 1.5, 1e300, NOW + HOUR, "", "6", "websocket", "x".repeat(50), [], [null], ["a", 7], {},
  { url: 5 }, { url: ["/wt"], hashes: "abc" }, { websocket: "1", webtransport: NOW + HOUR }, { length: 3 },
];

/** Whether the next page can go through a session, fail to dial WebTransport, and remember it. */
function nextPage(kept: string): void {
  const store = { text: kept, getItem: () => store.text, setItem: (_: string, text: string) => (store.text = text) };
  const setup = { mount: "https://host", memory: store } as unknown as Setup;
  const memory = recall(setup);
  const plan = new Plan(["webtransport", "websocket", "longpoll"], false, memory, () => 0.5);
  const out: Action[] = [];
  plan.start(NOW, out);
  plan.welcome([{ kind: "webtransport", url: "wt" }, { kind: "longpoll", url: "poll" }], "home", out);
  plan.ready(NOW, "longpoll", out);
  if (out.some(({ act, kind }) => act === "dial" && kind === "webtransport")) {
    plan.failed(NOW, "webtransport", out);
  }
  assert(isBad(memory, NOW, "webtransport"), kept); // or it was before
  assert(plan.deadline > 0, kept);
  assert.equal(plan.current, "longpoll");
  keep(setup, memory);
  assert.equal(recall(setup).networks[0]!.key, "home");
}

test("what was kept may be of any shape", () => {
  for (const a of odd) {
    nextPage(JSON.stringify(a) ?? "{");
    nextPage(JSON.stringify({ networks: a }));
    nextPage(JSON.stringify({ networks: [a, a] }));
    for (const field of ["key", "good", "till", "bad", "misses", "place", "placeTill"]) {
      for (const key of ["home", "office"]) {
        nextPage(JSON.stringify({ networks: [{ key, till: NOW + HOUR, placeTill: NOW + HOUR, [field]: a }] }));
      }
    }
  }
});
