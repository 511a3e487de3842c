import { content } from "./batch.js";
import { Client } from "./client.js";
import type { Effect } from "./core.js";
import type { Server } from "./server.js";

// What comes out of an end, as the traces write it.

/** Joins what is not empty. */
export function words(...parts: unknown[]): string {
  let line = "";
  for (const part of parts) {
    if (part !== "") {
      line += line ? ` ${String(part)}` : String(part);
    }
  }
  return line;
}

export function describe(e: Effect): string {
  switch (e.kind) {
    case "deliver":
    case "resolve":
      return words(e.kind, e.seq);
    case "confirmed":
      return words(e.kind, e.seq, e.item.tag);
    case "volatile":
      return words(e.kind, e.seq, e.key);
    case "refused":
      return words(e.kind, e.item.tag, e.code);
    case "dead":
      return words(e.kind, e.binding, e.code, e.reason);
    case "move":
      return words(e.kind, e.within, e.url);
    case "attached":
    case "suspect":
      return words(e.kind, e.binding);
  }
}

const KEYS = [
  "current", "att", "in", "out", "queued", "volatile", "unconfirmed", "can-start", "content", "deadline", "rtt", "over",
];
const CLIENT_KEYS = ["outstanding", ...KEYS];

/** The keys of an end's state. */
export const keysOf = (end: Client | Server): string[] => (end instanceof Client ? CLIENT_KEYS : KEYS);

/** The value of a key of the state. */
export function stateOf(end: Client | Server, key: string): string {
  switch (key) {
    case "over":
      return end.over ? words(end.over.code, end.over.remote ? "remote" : "local", end.over.reason) : "no";
    case "current":
      return words(end.current);
    case "outstanding":
      return words((end as Client).outstanding);
    case "att":
      return words(end.att);
    case "in":
      return words("rcv", end.progress.rcv, "ack", end.progress.ack);
    case "out":
      return words("rcv", end.sender.peerRcv, "ack", end.sender.peerAck, "top", end.sender.top);
    case "queued":
      return words(end.sender.queue.direct.messages, end.sender.queue.direct.bytes);
    case "volatile": {
      const { items, bytes, dropped } = end.volatile.waiting;
      return words(items.size, bytes, "dropped", dropped);
    }
    case "unconfirmed": {
      const { items, sent } = end.unconfirmed();
      const tags = items.map(({ tag }) => tag);
      return words(...tags.slice(0, sent), "+", ...tags.slice(sent));
    }
    case "can-start":
      return end.canStart() ? "yes" : "no";
    case "content":
      return content(end) ? "yes" : "no";
    case "deadline":
      return words(end.deadline() === Infinity ? "never" : end.deadline());
    case "rtt":
      return words(end.rtt);
  }
  throw new Error(`unknown state ${key}`);
}
