import { Client, CLIENT_DEFAULTS } from "./core/client.js";
import type { Effect, Over } from "./core/core.js";
import { type Decision, MAX_DECISIONS } from "./decision.js";
import { WeftError } from "./errors.js";
import { binary } from "./frame/binary.js";
import { BAD_PROTOCOL, DONE, RATE_LIMITED, SUPERSEDED } from "./frame/code.js";
import type { Frame } from "./frame/frame.js";
import { EVENT, type Message } from "./frame/message.js";
import { Writer } from "./frame/writer.js";
import { Hold } from "./hold.js";
import { BLOCKED, LONGEST, LOOK, SLEPT, STALE } from "./limits.js";
import type { Host, Link, Offer, Setup } from "./link.js";
import { LongPollLink } from "./longpoll.js";
import { keep, recall } from "./memory.js";
import { type Action, type Kind, Plan, POLLS, SSE, WS, WT } from "./plan.js";
import { SseLink } from "./sse.js";
import { WebSocketLink } from "./websocket.js";
import { WebTransportLink } from "./webtransport.js";

const KINDS: readonly Kind[] = [WT, WS, SSE, POLLS];
/** Those that there are here. */
const HERE = KINDS.slice(+(typeof WebTransport === "undefined"));

/** Throws when a kind is none. */
function check(kind: Kind): void {
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

/** Whom a driver works for. */
export interface Owner {
  /** The connection is another, or there is none any more. */
  moved(kind?: Kind): void;
  /** A message has arrived. */
  message(message: Message, seq: number): void;
  /** The latest value of a key has arrived, outside the sequence. */
  latest(message: Message, key: string): void;
  /** The session is over: start another one, or nothing happens any more. */
  over(over: Over): void;
  /** Called after everything that happened. It says when it is to be called again, at the latest. */
  settled(now: number): number;
}

/** The tag of every event and request: it learns what became of it. */
export interface Tag {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The time in milliseconds: that of the wall when the page was loaded, and steady from then on. */
export const clock = (): number => Math.floor(performance.timeOrigin + performance.now());

/** Runs the core and the plan over links, with one timer for all deadlines. */
export class Driver implements Host {
  core!: Client; // undefined before start
  readonly setup: Setup;
  readonly hold = new Hold();
  readonly #owner: Owner;
  readonly #plan: Plan;
  /** The latest, the oldest first. */
  readonly decisions: Decision[] = [];

  #current: Link | undefined;
  /** Its HELLO or ATTACH is outstanding. */
  #candidate: Link | undefined;
  /** Those that are dialled, or open and not attached; one of a kind. */
  readonly #dialled = new Map<Kind, Link>();
  /** By the last READY. */
  #offers: Offer[] = [];
  /** The owner knows of a connection. */
  #told = false;
  #begun = 0;
  #attachTime = 0;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #armed = Infinity;
  /** When the timer is due, as a time of day: that goes on while the machine sleeps, and the clock may not. */
  #due = 0;
  #busy = false;
  /** What is to be done. */
  readonly #out: Action[] = [];
  #scheduled = false;
  #ended = true;

  constructor(setup: Setup, owner: Owner) {
    this.setup = setup;
    this.#owner = owner;
    const { transports = HERE } = setup;
    check(transports[0]!);
    transports.forEach(check);
    this.#plan = new Plan(transports, transports !== HERE, recall(setup), Math.random);
  }

  /** Begins a session: the first one when the code that runs now has finished, since its messages may ride along. */
  start(): void {
    const begin = (): void => this.run((now, out) => {
      this.#plan.start(now, out);
      this.#plan.hide(now, this.#hidden, out); // it looks at what is due, which is nothing of a session before
    });
    const first = !this.core;
    const { queue = CLIENT_DEFAULTS.queue } = this.setup;
    this.core = new Client({ ...CLIENT_DEFAULTS, queue }, crypto.getRandomValues(new Uint8Array(16)));
    this.#ended = false;
    if (first) {
      queueMicrotask(begin);
    } else {
      begin();
    }
  }

  /** The smoothed round trip in milliseconds; what attaching took before one was measured. */
  get rtt(): number {
    return this.core.rtt || this.#attachTime;
  }

  /** Keeps to one kind of transport. */
  force(kind: Kind | null): void {
    if (kind) {
      check(kind);
    }
    this.run((now, out) => this.#plan.force(now, kind, out));
  }

  /** Lets go of all connections: the page is put to sleep, and cannot answer. wake ends it, when it is told online. */
  rest(): void {
    this.run((now, out) => {
      this.#note(now, "rest");
      this.#plan.rest(out);
      this.#drop(this.#current, now, DONE, "");
      this.#tell();
    });
  }

  /** Cuts the current connection. */
  cut(): void {
    if (this.#current) {
      this.down(this.#current);
    }
  }

  /** Time may have passed unnoticed; online: and the network may be another. */
  wake(online: boolean): void {
    this.run((now, out) => {
      const hidden = this.#hidden;
      this.#plan.hide(now, hidden, out);
      if (!hidden) {
        this.core.wake(now);
      }
      if (online || (!hidden && !this.#current)) {
        this.#plan.online(now, out);
      }
    });
  }

  get #hidden(): boolean {
    return !!globalThis.document?.hidden;
  }

  /** Sees to it that what was queued, or consumed, is written when the code that runs now has finished. */
  schedule(): void {
    if (!this.#busy && !this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.run(() => {});
      });
    }
  }

  /** Writes into the log, and keeps what the plan has learnt: that changes with what is written here only. */
  #note(time: number, what: Decision["what"], transport?: Kind, reason?: string): void {
    this.decisions.push({ time, what, transport, reason });
    this.decisions.splice(0, this.decisions.length - MAX_DECISIONS);
    keep(this.setup, this.#plan.memory);
  }

  opened(link: Link): void {
    this.run((now, out) => {
      this.#note(now, "opened", link.kind);
      this.#plan.opened(now, link.kind, out);
    });
  }

  received(link: Link, batch: Uint8Array): void {
    this.frames(link, binary.decode(batch, this.core.maxFrame), link.kind === SSE);
  }

  frames(link: Link, frames: Iterable<Frame>, post = false): void {
    this.run((now, out) => {
      const { core } = this;
      const effects: Effect[] = [];
      if (!post) {
        core.heard(now, link.binding);
      }
      try {
        for (const frame of frames) {
          if (!core.receive(now, link.binding, frame, post, effects)) {
            break;
          }
        }
        this.#apply(now, effects, out);
      } catch (e) { // a frame or a payload that cannot be decoded
        const { code = BAD_PROTOCOL, reason = "invalid JSON" } = e as Partial<Over>;
        core.abort(code, reason);
      }
    });
  }

  down(link: Link): void {
    this.run((now, out) => this.#lose(link, now, out, DONE, ""));
  }

  /**
   * Every event runs in here: it ends with what must follow, whatever happened. What the application does while it is told
   * of an event has its consequences after that one's.
   */
  run(event: (now: number, out: Action[]) => void): void {
    if (this.#ended) {
      return;
    }
    const inner = this.#busy;
    const now = clock();
    const out = this.#out;
    this.#busy = true;
    event(now, out);
    if (!inner) {
      const next = this.#owner.settled(now);
      for (let action; (action = out.shift()); ) { // it grows: what cannot be done has consequences
        this.#act(action, now, out);
      }
      this.#busy = false;
      this.#flush(now, next);
    }
  }

  #act({ act, kind }: Action, now: number, out: Action[]): void {
    this.#note(now, act, kind);
    const link = this.#dialled.get(kind!);
    switch (act) {
      case "poll":
        this.#current?.poll?.();
        break;
      case "drop":
        this.#drop(link ?? this.#candidate, now, DONE, "");
        this.#tell(); // the one before may have been left for it
        break;
      case "dial":
        try {
          this.#dialled.set(kind!, this.#dial(kind!));
        } catch (e) {
          this.#note(now, "failed", kind, String(e));
          this.#plan.failed(now, kind!, out);
        }
        break;
      case "create":
      case "attach":
        this.#dialled.delete(kind!);
        this.#open(link ?? new LongPollLink(this), now); // polls need not be dialled
    }
  }

  #dial(kind: Kind): Link {
    const offer = this.#offers.find((o) => o.kind === kind);
    return kind === WT ? new WebTransportLink(this, offer!) : new (kind === WS ? WebSocketLink : SseLink)(this);
  }

  /** Sends HELLO or ATTACH on a link. */
  #open(link: Link, now: number): void {
    this.#candidate = link;
    this.#begun = now;
    const w = new Writer();
    link.binding = this.core.open(now, link.kind === POLLS, binary, w);
    link.send(w.take());
  }

  /** Gives a link up without a word to the plan. */
  #drop(link: Link | undefined, now: number, code: number, reason: string): void {
    if (link) {
      link.close(code, reason);
      this.core.lost(now, link.binding);
      const but = (other: Link | undefined): Link | undefined => (other === link ? undefined : other);
      this.#current = but(this.#current);
      this.#candidate = but(this.#candidate);
      if (this.#dialled.get(link.kind) === link) {
        this.#dialled.delete(link.kind);
      }
    }
  }

  /** Takes note of a link that is gone, for the reason that code says. */
  #lose(link: Link, now: number, out: Action[], code: number, reason: string): void {
    const current = link === this.#current;
    // The server has heard of the attempt that is under way: READY follows, and the owner need not know.
    const left = current && code === SUPERSEDED && !!this.#candidate;
    this.#drop(link, now, code, reason);
    this.#limited(now, code);
    this.#note(now, left ? "left" : current ? "died" : "failed", link.kind, reason);
    if (left) {
      this.#plan.left(now, out);
    } else if (current) {
      this.#plan.died(now, out);
    } else {
      this.#plan.failed(now, link.kind, out);
    }
    if (!left) {
      this.#tell();
    }
  }

  /** Tells the owner when there is no connection any more. */
  #tell(): void {
    if (this.#told && !this.#current) {
      this.#told = false;
      this.#owner.moved();
    }
  }

  /** Waits with the next attempt if a code asks for it. */
  #limited(now: number, code: number): void {
    if (code === RATE_LIMITED) {
      this.#plan.limited(now);
    }
  }

  #apply(now: number, effects: Effect[], out: Action[]): void {
    for (const e of effects) {
      switch (e.kind) {
        case "deliver":
        case "resolve":
          this.#owner.message(e.message, e.seq);
          break;
        case "volatile":
          this.#owner.latest(e.message, e.key);
          break;
        case "confirmed":
          if (e.item.message.kind === EVENT) {
            (e.item.tag as Tag).resolve(undefined);
          }
          break;
        case "refused":
          (e.item.tag as Tag).reject(new WeftError(e.code, "too large"));
          break;
        case "attached":
          this.#attached(now, out);
          break;
        case "suspect":
          this.#note(now, "suspect", this.#current?.kind);
          this.#plan.suspect(now, out);
          break;
        case "dead": {
          const link = this.#current?.binding === e.binding ? this.#current : this.#candidate;
          if (link && !this.core.over) { // else its last word is written first
            this.#lose(link, now, out, e.code, e.reason);
          }
        }
      }
    }
  }

  /** The candidate is the current link now. */
  #attached(now: number, out: Action[]): void {
    const link = this.#candidate!;
    this.#current?.close(SUPERSEDED, "superseded");
    this.#current = link;
    this.#candidate = undefined;
    this.#attachTime = now - this.#begun;
    const { extras } = this.core.session!;
    this.#offers = parse(extras.get("offer"));
    const offered = this.#offers.map(({ kind }) => kind);
    this.#plan.welcome(offered.length ? offered : undefined, extras.get("network") ?? "", out);
    this.#plan.ready(now, link.kind, out);
    this.#note(now, "ready", link.kind);
    this.#told = true;
    this.#owner.moved(link.kind);
  }

  /** Writes what is pending, and ends the session if that was its last word; else waits for what is next. */
  #flush(now: number, next: number): void {
    const { core } = this;
    const link = this.#current;
    const w = new Writer();
    while (link && core.pending()) {
      if (!link.takes && !core.over) {
        next = link.kind === WS || link.kind === WT ? Math.min(next, now + BLOCKED) : next;
        break;
      }
      core.batch(now, link.binding, binary, w);
      link.send(w.take());
    }
    if (core.over) {
      this.#end(now, core.over);
    } else {
      this.#arm(now, Math.min(next, core.deadline(), this.#plan.deadline));
    }
  }

  #end(now: number, over: Over): void {
    this.#ended = true;
    this.#told = false;
    clearTimeout(this.#timer);
    this.#armed = Infinity;
    for (const link of [this.#current, this.#candidate, ...this.#dialled.values()]) {
      this.#drop(link, now, over.code, over.reason);
    }
    this.#limited(now, over.code);
    this.#owner.over(over);
  }

  /**
   * Arms the timer, for LOOK at the latest in a page that is visible. If it is armed for an earlier moment that stays: it
   * looks again then.
   */
  #arm(now: number, at: number): void {
    at = globalThis.document?.hidden === false ? Math.min(at, now + LOOK) : at;
    if (at < this.#armed) {
      clearTimeout(this.#timer);
      this.#armed = at;
      const delay = Math.min(at - now, LONGEST);
      this.#due = Date.now() + delay;
      this.#timer = setTimeout(this.#tick, delay);
    }
  }

  readonly #tick = (): void => {
    this.#armed = Infinity;
    if (Date.now() > this.#due + SLEPT) {
      setTimeout(() => this.wake(false), STALE);
    }
    this.run((now, out) => {
      const effects: Effect[] = [];
      this.core.tick(now, effects);
      this.#apply(now, effects, out);
      this.#plan.tick(now, out);
    });
  };
}
