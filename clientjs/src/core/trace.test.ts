import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { canonical, parseTraces, walk } from "./trace.testing.js";

/** The folder of the traces, looked for from the working directory upwards. */
function tracesDir(): string {
  const folder = "conformance/vectors/core";
  let root = process.cwd();
  while (!existsSync(join(root, folder)) && root !== dirname(root)) {
    root = dirname(root);
  }
  return join(root, folder);
}

const files = readdirSync(tracesDir()).filter((file) => file.endsWith(".txt"));
assert.notEqual(files.length, 0);

for (const file of files) {
  test(file, async (t) => {
    for (const trace of parseTraces(readFileSync(join(tracesDir(), file), "utf8"))) {
      await t.test(trace.name, () => {
        assert.deepEqual(walk(trace).map(canonical), trace.steps.map(canonical));
      });
    }
  });
}
