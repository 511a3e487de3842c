import assert from "node:assert/strict";
import { test } from "node:test";

import { Hold } from "./hold.js";

/** What is asked for after polls of these milliseconds; those below 0 failed. */
function after(...polls: number[]): number {
  const hold = new Hold();
  polls.forEach((ms) => hold.took(Math.abs(ms), ms >= 0));
  return hold.ms;
}

test("two polls that were cut tell how long one may be held", () => {
  const cases: [polls: number[], want: number][] = [
    [[], Infinity],
    [[25_000, 25_000], Infinity],
    [[-10_000], Infinity],
    [[-10_000, -9_001], 7_200],
    [[-9_001, -10_000], 7_200],
    [[-10_000, 500, -10_000], 8_000], // an answer that came early says nothing about it
    [[-10_000, 10_001, -10_000], Infinity], // one that came later does
    [[-2_000, -2_000, -100], Infinity], // nor does a network that is down
    [[-10_000, -100, -10_000], 8_000],
    [[-10_000, -10_000, -5_000], 8_000],
    [[-10_000, -10_000, -5_000, -5_000], 4_000],
    [[-10_000, -10_000, -60_000, -60_000], 8_000],
  ];
  for (const [polls, want] of cases) {
    assert.equal(after(...polls), want, String(polls));
  }
});
