import { refuse } from "./code.js";
import { MAX_JSON_DEPTH } from "./limits.js";

/** What an object of JSON holds, and the text of its member "p": a value would not go out again as it came in. */
export interface Parsed {
  members: Record<string, unknown>;
  p: string;
}

/** Parses the line of a frame, and refuses what JSON.parse would let pass. */
export function parseLine(line: string): Parsed {
  let members: unknown;
  try {
    members = JSON.parse(line);
  } catch {
    // Refused below.
  }
  if (!isObject(members) || line.includes("\r") || hasLoneSurrogate(line)) {
    return refuse("invalid JSON");
  }
  return { members, p: scan(line) };
}

export function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

/** Whether an escape is half a pair. A backslash begins an escape, so that all others can be taken out first. */
function hasLoneSurrogate(json: string): boolean {
  const rest = json.replace(/\\(?:[^u]|u[dD][89abAB]..\\u[dD][c-fC-F]..)/g, "");
  return /\\u[dD][89a-fA-F]/.test(rest);
}

/**
 * Walks the line, which is a valid object. Refuses a member nested too deep, and returns the text of the member "p",
 * the last one if there are several, without white space.
 */
function scan(line: string): string {
  let p = "";
  let inP = false;
  let depth = 0;
  let from = 0; // what begins here is a name, or a part of p
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === '"') {
      i = closingQuote(line, i);
    } else if (c === "{" || c === "[") {
      // The object of the frame itself is one level more.
      if (++depth > MAX_JSON_DEPTH + 1) {
        refuse("invalid JSON");
      }
    } else if (c === "}" || c === "]") {
      depth--;
    }
    const end = (c === "," && depth === 1) || depth === 0;
    if (inP && (end || c === " " || c === "\t")) {
      p += line.slice(from, i);
      from = i + 1;
    }
    if (depth === 1 && c === ":") {
      inP = JSON.parse(line.slice(from, i)) === "p";
      p = inP ? "" : p;
      from = i + 1;
    } else if (depth === 1 && (c === "," || c === "{")) {
      inP = false;
      from = i + 1;
    }
  }
  return p;
}

function closingQuote(json: string, at: number): number {
  for (at++; json[at] !== '"'; at++) {
    if (json[at] === "\\") {
      at++;
    }
  }
  return at;
}
