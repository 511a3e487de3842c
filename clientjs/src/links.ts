import type { Over } from "./core/core.js";
import { binary } from "./frame/binary.js";
import { DONE, SUPERSEDED } from "./frame/code.js";
import { Writer } from "./frame/writer.js";
import { BLOCKED } from "./limits.js";
import type { Host, Link, Offer } from "./link.js";
import { LongPollLink } from "./longpoll.js";
import { duplex, type Kind, POLLS, SSE, WS, WT } from "./kind.js";
import { SseLink } from "./sse.js";
import { WebSocketLink } from "./websocket.js";
import { WebTransportLink } from "./webtransport.js";

const KINDS: readonly Kind[] = [WT, WS, SSE, POLLS];
/** Those that there are here. */
export const HERE = KINDS.slice(+(typeof WebTransport === "undefined"));

/** Throws when a kind is none. */
export function check(kind: Kind): void {
  if (!KINDS.includes(kind)) {
    throw new TypeError(`weft: no such transport: ${kind}`);
  }
}

/** What is offered, best first (PROTOCOL 8.9); nothing when it cannot be read. */
function parse(offer?: string): Offer[] {
  try {
    return (JSON.parse(offer!) as Offer[]).filter(({ kind }) => KINDS.includes(kind));
  } catch {
    return [];
  }
}

/** The links of a session: the current one, the one that attaches, and those that are dialled. */
export class Links {
  current: Link | undefined;
  /** Its HELLO or ATTACH is outstanding. */
  candidate: Link | undefined;
  /** By the last READY; before the first one, what is remembered. */
  offers: Offer[];
  /** How long attaching took, in milliseconds. */
  took = 0;
  /** The bytes that the current link may still carry, both ways (PROTOCOL 14.10). */
  left = Infinity;
  /** What had come through the core when the current link sent HELLO or ATTACH. */
  from = 0;
  readonly #host: Host;
  /** Those that are dialled, or open and not attached; one of a kind. */
  readonly #dialled = new Map<Kind, Link>();
  /** When HELLO or ATTACH was sent last, and what had come through: READY may bring word of that. */
  #begun = 0;
  #through = 0;

  /** place is where WebTransport was, if that is remembered. */
  constructor(host: Host, place?: Offer) {
    this.#host = host;
    this.offers = place ? [place] : [];
  }

  #offer(kind: Kind): Offer | undefined {
    return this.offers.find((o) => o.kind === kind);
  }

  /** Dials. It throws when there is no such transport, or it is not allowed here. */
  dial(kind: Kind): void {
    const host = this.#host;
    this.#dialled.set(
      kind,
      kind === WT ? new WebTransportLink(host, this.#offer(kind)!) : new (kind === WS ? WebSocketLink : SseLink)(host),
    );
  }

  /** Sends HELLO or ATTACH. */
  open(now: number, kind: Kind): void {
    const link = this.#dialled.get(kind) ?? new LongPollLink(this.#host); // polls need not be dialled
    this.#dialled.delete(kind);
    this.candidate = link;
    this.#begun = now;
    this.#through = this.#host.core.through;
    const w = new Writer();
    link.binding = this.#host.core.open(now, link.kind === POLLS, binary, w);
    link.send(w.take());
  }

  /** The candidate is the current link now, and READY says what is offered. Returns its kind. */
  attached(now: number): Kind {
    const link = this.candidate!;
    this.current?.close(SUPERSEDED, "superseded");
    this.current = link;
    this.candidate = undefined;
    this.from = this.#through;
    this.took = now - this.#begun;
    const offers = parse(this.#host.core.session!.extras.get("offer"));
    offers.forEach((o) => (o.rotate ||= this.#offer(o.kind)?.rotate)); // not every request shows what its client is
    this.offers = offers;
    const { rotate = 0 } = this.#offer(link.kind) ?? {};
    this.left = rotate > 0 ? rotate : Infinity;
    return link.kind;
  }

  /** Writes what is pending. Returns when to go on, if the current link takes no more and has no event for that. */
  write(now: number): number {
    const { core } = this.#host;
    const link = this.current;
    const w = new Writer();
    while (link && core.pending()) {
      if (!link.takes && !core.over) {
        return duplex(link) ? now + BLOCKED : Infinity;
      }
      core.batch(now, link.binding, binary, w);
      const batch = w.take();
      this.left -= batch.length;
      link.send(batch);
      if (!duplex(link)) {
        core.posted(now, link.binding);
      }
    }
    return Infinity;
  }

  /** Gives up what was dialled of a kind, or else what attaches. */
  giveUp(now: number, kind: Kind): void {
    this.drop(now, this.#dialled.get(kind) ?? this.candidate);
  }

  /** Gives a link up. */
  drop(now: number, link: Link | undefined, code = DONE, reason = ""): void {
    if (link) {
      link.close(code, reason);
      this.#host.core.lost(now, link.binding);
      if (this.current === link) {
        this.current = undefined;
      }
      if (this.candidate === link) {
        this.candidate = undefined;
      }
      if (this.#dialled.get(link.kind) === link) {
        this.#dialled.delete(link.kind);
      }
    }
  }

  /** Gives all up. */
  end(now: number, { code, reason }: Over): void {
    for (const link of [this.current, this.candidate, ...this.#dialled.values()]) {
      this.drop(now, link, code, reason);
    }
  }
}
