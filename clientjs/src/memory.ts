import { type Kind, WT } from "./kind.js";
import type { Offer, Setup } from "./link.js";

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
  /** Where WebTransport was READY last, so that it can be dialled before it is offered. */
  place?: Offer | undefined;
  /** When that is forgotten. */
  placeTill?: number;
}

// How long things are remembered, in milliseconds, and of how many networks (PROTOCOL 14.8).
const GOOD_FOR = 24 * 3_600_000;
const BAD_FOR = 3_600_000;
const MAX_NETWORKS = 8;
/** Characters of JSON. */
const MAX_PLACE = 1_000;

/** Whether something counts that is remembered until a moment, for a day at most: a clock that was wrong may have noted it. */
const lasts = (now: number, till = 0): boolean => now < till && till <= now + GOOD_FOR;

/** Whether two offers are dialled alike. */
export const samePlace = (a?: Offer, b?: Offer): boolean =>
  JSON.stringify([a?.url, a?.hashes]) === JSON.stringify([b?.url, b?.hashes]);

/** What is remembered of an offer: what it takes to dial, unless that is long. The rest is for READY to say. */
function brief(offer?: Offer): Offer | undefined {
  const { url, hashes } = offer ?? {};
  const place = url && { kind: WT as Kind, url, hashes };
  return place && JSON.stringify(place).length <= MAX_PLACE ? place : undefined;
}

/** The current network; one without a name, when nobody has named it. */
function latest({ networks }: Memory): Network {
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

/** What worked last in the current network. */
export function good({ networks: [last] }: Memory, now: number): Kind | undefined {
  return lasts(now, last?.till) ? last!.good : undefined;
}

/** Whether a kind is remembered as one that does not work in the current network. */
export function isBad({ networks: [last] }: Memory, now: number, kind: Kind): boolean {
  return lasts(now, last?.bad[kind]);
}

/** Where WebTransport was READY in the current network. */
export function placeOf({ networks: [last] }: Memory, now: number): Offer | undefined {
  return lasts(now, last?.placeTill) ? last!.place : undefined;
}

/** Forgets where WebTransport was if it is not there any more. */
export function confirm(memory: Memory, place?: Offer): void {
  const network = latest(memory);
  network.place = samePlace(place, network.place) ? network.place : undefined;
}

/** Notes that a kind is READY; place is where WebTransport is. */
export function works(memory: Memory, now: number, kind: Kind, place?: Offer): void {
  const network = latest(memory);
  network.good = kind;
  network.till = now + GOOD_FOR;
  delete network.bad[kind];
  if (kind === WT) {
    network.misses = 0;
    network.place = brief(place);
    network.placeTill = now + GOOD_FOR;
  }
}

/**
 * Notes that a kind came to nothing: for an hour, and if it is WebTransport for twice as long each time, up to a day.
 */
export function blames(memory: Memory, now: number, kind: Kind): void {
  const network = latest(memory);
  const times = kind === WT ? 2 ** Math.min(network.misses ?? 0, 5) : 1;
  fails(memory, now, kind, Math.min(BAD_FOR * times, GOOD_FOR));
  if (kind === WT) {
    network.misses = (network.misses ?? 0) + 1;
  }
}

/** Notes that a kind does not work, for so many milliseconds, and returns when that is forgotten. */
export function fails(memory: Memory, now: number, kind: Kind, ms: number): number {
  return (latest(memory).bad[kind] = now + ms);
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
    // Of whatever shape they were: what cannot be dialled fails as if it had not been there.
    return {
      networks: networks.slice(0, MAX_NETWORKS)
        .map((n) => ({ ...n, bad: { ...n.bad }, misses: Number(n.misses) || 0, place: brief(n.place) })),
    };
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
