import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import type { Kind } from "../kind.js";
import type { Memory } from "../memory.js";
import type { Action } from "./action.js";
import { Plan } from "./plan.js";

// The vectors that fallback/plan_test.go walks too, or those that fallback/same_test.go has made. PROTOCOL 14.5

const dir = new URL(process.env["WEFT_SITUATIONS"] ?? "../../../conformance/vectors/plan/", import.meta.url);
const blocks = readdirSync(dir)
  .filter((file) => file.endsWith(".txt"))
  .flatMap((file) => readFileSync(new URL(file, dir), "utf8").split("\n\n"))
  .filter((block) => block.includes(" -> "));

for (const block of blocks) {
  const lines = block.trim().split("\n");
  const value = (key: string): string[] => {
    const line = lines.find((l) => l.startsWith(`${key}: `)) ?? assert.fail(`no ${key}`);
    return line.slice(key.length + 2).split(" ");
  };
  test(value("name").join(" "), () => {
    const random = value("random").map(Number);
    const page = (memory: string): Plan =>
      new Plan(
        value("order") as Kind[], lines.includes("ranked: yes"), JSON.parse(memory) as Memory,
        () => (random.length > 1 ? random.shift()! : random[0]!),
      );
    let plan = page('{"networks":[]}');
    for (const step of lines) {
      if (step.endsWith(" reload")) {
        plan = page(JSON.stringify(plan.memory));
      } else if (step.includes(" -> ")) {
        assert.equal(walk(plan, step.split(" -> ")[0]!), step);
      }
    }
  });
}

test("a place of WebTransport that is long is not remembered (PROTOCOL 14.8)", () => {
  for (const [length, kept] of [[900, true], [1000, false]] as const) {
    const plan = new Plan(["webtransport", "longpoll"], false, { networks: [] }, () => 0);
    const out: Action[] = [];
    plan.start(1, out);
    plan.welcome([{ kind: "webtransport", url: "x".repeat(length), rotate: 5 }], "home", out);
    plan.ready(2, "webtransport", out);
    const { place } = plan.memory.networks[0]!;
    assert.deepEqual([!!place, place?.rotate], [kept, undefined]);
  }
});

test("there are enough situations", () => assert(blocks.length >= 20));

/** Makes one step and returns it with its outcome, as the vectors write it. */
function walk(plan: Plan, given: string): string {
  const [ms, event, ...kinds] = given.split(" ") as [string, string, ...Kind[]];
  const out: Action[] = [];
  happen(plan, Number(ms), event, kinds, out);
  const actions = out.map(({ act, kind }) => (kind ? `${act} ${kind}` : act)).join(", ") || "-";
  const deadline = plan.deadline === Infinity ? "-" : plan.deadline;
  return `${given} -> ${actions} ; ${plan.current ?? "-"} ${deadline}`;
}

function happen(plan: Plan, now: number, event: string, kinds: Kind[], out: Action[]): void {
  switch (event) {
    case "welcome":
      plan.welcome(kinds.slice(1).map((offer) => {
        const [kind, url = kind!] = offer.split("@"); // where it is stands behind an @
        return { kind: kind as Kind, url };
      }), kinds[0]!, out);
      break;
    case "hide":
    case "show":
      plan.hide(now, event === "hide", out);
      break;
    case "force":
      plan.force(now, (kinds[0] as string) === "none" ? null : kinds[0]!, out);
      break;
    case "opened":
    case "ready":
    case "failed":
      plan[event](now, kinds[0]!, out);
      break;
    case "died":
    case "barren":
      plan.died(now, event === "died", out);
      break;
    case "start":
    case "left":
    case "suspect":
    case "worn":
    case "online":
    case "tick":
      plan[event](now, out);
      break;
    case "rest":
      plan.rest(out);
      break;
    case "limited":
      plan.limited(now);
      break;
    default:
      assert.fail(`unknown event ${event}`);
  }
}
