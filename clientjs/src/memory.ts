import type { Setup } from "./link.js";
import type { Kind } from "./plan.js";

/** What a client has learnt of the networks it was in. Its times are the plan's, in milliseconds. It can be kept as JSON. */
export interface Memory {
  /** The latest first: that is where the client begins. */
  networks: Network[];
}

/** What is known of one network. */
export interface Network {
  /** What the server calls it (PROTOCOL 8.12). */
  key: string;
  /** The last that was READY there, polls left out. */
  good?: Kind;
  /** When that is forgotten. */
  till: number;
  /** The kinds that came to nothing although another one worked, and when that is forgotten. */
  bad: { [kind in Kind]?: number };
  /**
   * How often in a row WebTransport came to nothing: a path for UDP that is closed stays closed for long, and each try
   * costs a browser more than one of another kind.
   */
  misses?: number;
}

// How long things are remembered, in milliseconds, and of how many networks (PROTOCOL 14.8).
export const GOOD_FOR = 24 * 3_600_000;
export const BAD_FOR = 3_600_000;
const MAX_NETWORKS = 8;

/**
 * Whether something counts that is remembered until a moment, for so long at most: a clock that was wrong may have noted
 * it.
 */
export const lasts = (now: number, till = 0, ms: number): boolean => now < till && till <= now + ms;

/** The current network; one without a name, when nobody has named it. */
export function latest({ networks }: Memory): Network {
  return (networks[0] ??= { key: "", till: 0, bad: {} });
}

/** Makes the network of a key the current one, and reports whether another one was. */
export function enter({ networks }: Memory, key: string): boolean {
  const i = networks.findIndex((n) => n.key === key);
  if (!i) {
    return false;
  }
  const moved = networks.length > 0;
  const [known = { key, till: 0, bad: {} }] = i > 0 ? networks.splice(i, 1) : [];
  networks.unshift(known);
  networks.splice(MAX_NETWORKS);
  return moved;
}

const name = ({ mount }: Setup): string => `weft ${mount}`;

/** Where it is kept: by default where the page's origin keeps things, if it may. */
function storage({ memory }: Setup): Storage {
  return memory === undefined ? localStorage : (memory as Storage); // either throws where there is none
}

/** What was kept. */
export function recall(setup: Setup): Memory {
  try {
    const { networks } = JSON.parse(storage(setup).getItem(name(setup))!) as Memory;
    return { networks: networks.map((n) => ({ ...n, bad: { ...n.bad } })) }; // of whatever shape they were
  } catch {
    return { networks: [] };
  }
}

/** Keeps it for the next page. */
export function keep(setup: Setup, memory: Memory): void {
  try {
    storage(setup).setItem(name(setup), JSON.stringify(memory));
  } catch {} // then it is this page's own
}
