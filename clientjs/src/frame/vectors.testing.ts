import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { DEFAULT_MAX_FRAME } from "./limits.js";

/** One entry of the vectors; their README says what the keys mean. */
export interface Vector {
  name: string;
  maxFrame: number;
  binary: Uint8Array | undefined;
  json: Uint8Array | undefined;
  spellings: Uint8Array[];
  code: number | undefined;
}

/** All vectors, by the name of their file. */
export function loadVectors(): Map<string, Vector[]> {
  const dir = join(repositoryRoot(), "conformance/vectors/frame");
  const files = readdirSync(dir).filter((file) => file.endsWith(".txt"));
  return new Map(files.map((file) => [file, parseFile(readFileSync(join(dir, file), "utf8"))]));
}

function repositoryRoot(): string {
  let dir = process.cwd();
  while (!existsSync(join(dir, "conformance/vectors"))) {
    if (dir === dirname(dir)) {
      throw new Error("no conformance/vectors above the working directory");
    }
    dir = dirname(dir);
  }
  return dir;
}

function parseFile(text: string): Vector[] {
  const blocks = text.split("\n\n").map((block) => block.split("\n").filter((line) => line && !line.startsWith("#")));
  return blocks.filter((lines) => lines.length).map(parseVector);
}

function parseVector(lines: string[]): Vector {
  const v: Vector = {
    name: "", maxFrame: DEFAULT_MAX_FRAME, binary: undefined, json: undefined, spellings: [], code: undefined,
  };
  for (const line of lines) {
    const [, key, value] = /^(\w+):(?: (.*))?$/su.exec(line) ?? [];
    setKey(v, key, value ?? "");
  }
  return v;
}

function setKey(v: Vector, key: string | undefined, value: string): void {
  switch (key) {
    case "name":
      v.name = value;
      break;
    case "clauses":
      break;
    case "maxframe":
      v.maxFrame = Number(value);
      break;
    case "binary":
      v.binary = parseGroups(value);
      break;
    case "json":
      v.json = parseText(value);
      break;
    case "spelling":
      v.spellings.push(parseText(value));
      break;
    case "code":
      v.code = Number(value);
      break;
    default:
      throw new Error(`unknown key ${key}`);
  }
}

function parseGroups(s: string): Uint8Array {
  const groups = s.split(" ").filter((group) => group);
  return Buffer.concat(
    groups.map((group) => {
      const [digits, times] = group.split("*");
      return Buffer.from(digits!.repeat(Number(times ?? 1)), "hex");
    }),
  );
}

function parseText(s: string): Uint8Array {
  const parts = s.split(/<<|>>/);
  return Buffer.concat(parts.map((part, i) => (i % 2 ? parseGroups(part) : Buffer.from(part))));
}
