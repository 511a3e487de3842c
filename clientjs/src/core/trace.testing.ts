import assert from "node:assert/strict";

import { Walker } from "./walker.testing.js";

/** One trace: its lines without comments. README.md beside the traces says what they mean. */
export interface Trace {
  name: string;
  role: string;
  config: string;
  steps: string[];
}

/** Takes a file apart. */
export function parseTraces(text: string): Trace[] {
  const traces: Trace[] = [];
  for (const line of text.split("\n").filter((line) => line && !line.startsWith("#"))) {
    const [, key, value = ""] = /^(name|role|config): (.*)$/.exec(line) ?? [];
    if (key === "name") {
      traces.push({ name: value, role: "", config: "", steps: [] });
    } else if (key) {
      traces.at(-1)![key as "role" | "config"] = value;
    } else {
      assert.match(line, /^[@><=] /);
      traces.at(-1)!.steps.push(line);
    }
  }
  return traces;
}

/** Plays what a trace puts in and returns the steps of the trace as they come out. */
export function walk(trace: Trace): string[] {
  const walker = new Walker(trace);
  return trace.steps.filter((step) => !step.startsWith("< ")).flatMap((step) => walker.step(step));
}

/** A step in the form in which it is compared: the order of an object's members means nothing. */
export function canonical(step: string): unknown[] {
  const at = step.indexOf("{");
  return at < 0 ? [step] : [step.slice(0, at), JSON.parse(step.slice(at))];
}
