import { keysOf, stateOf, words } from "./outcome.testing.js";
import { Walker } from "./walker.testing.js";

// The TypeScript side of conformance/differential: reads traces without outcomes from stdin, and writes one line to
// stdout for each event: what came out, and what has changed in the state, as a trace says it, with tabs between.

/** Plays one trace. */
class Run {
  readonly #walker: Walker;
  readonly #state = new Map<string, string>();
  #failed = "";

  constructor(role: string, config: string) {
    this.#walker = new Walker({ name: "", role, config, steps: [] });
    this.#changes();
  }

  /** The line for an event; undefined when the step is none. What throws here is an outcome, and the last one. */
  step(step: string): string | undefined {
    if (step.startsWith("@")) {
      this.#walker.step(step);
      return undefined;
    }
    if (this.#failed) {
      return this.#failed;
    }
    try {
      const [, ...outcomes] = this.#walker.step(step);
      return [...outcomes, ...this.#changes()].join("\t");
    } catch (err) {
      this.#failed = `TypeScript: ${String(err).replace(/\s+/g, " ")}`;
      return this.#failed;
    }
  }

  #changes(): string[] {
    const { end } = this.#walker;
    const lines: string[] = [];
    for (const key of keysOf(end)) {
      const value = stateOf(end, key);
      if (value !== this.#state.get(key)) {
        this.#state.set(key, value);
        lines.push(words("=", key, value));
      }
    }
    return lines;
  }
}

let role = "";
let config = "";
let run: Run | undefined;

/** Takes a line of a trace, and returns what is to be written. */
function take(line: string): string {
  if (line.startsWith("@") || line.startsWith(">")) {
    run ??= new Run(role, config);
    const outcome = run.step(line);
    return outcome === undefined ? "" : `${outcome}\n`;
  }
  const [, key, value = ""] = /^(name|role|config): (.*)$/.exec(line) ?? [];
  if (key === "role") {
    role = value;
  } else if (key === "config") {
    config = value;
  } else {
    run = undefined; // a name begins the next one
    config = "";
  }
  return "";
}

let rest = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => {
  const lines = (rest + String(chunk)).split("\n");
  rest = lines.pop()!;
  process.stdout.write(lines.map(take).join(""));
});
