import { Client, CLIENT_DEFAULTS } from "./core/client.js";
import type { Effect, Over, Window } from "./core/core.js";
import type { Item } from "./core/item.js";
import { offenceOf, WeftError } from "./errors.js";
import { binary } from "./frame/binary.js";
import { classOf, DONE, SUPERSEDED } from "./frame/code.js";
import type { Positions } from "./frame/frame.js";
import type { Message } from "./frame/message.js";
import { Writer } from "./frame/writer.js";
import type { Host, Link, Position } from "./link.js";
import { LongPollLink } from "./longpoll.js";
import { type Action, type Kind, Plan } from "./plan.js";
import { type SocketClass, WebSocketLink } from "./websocket.js";

/** How a driver is set up. */
export interface Setup {
  /** The mount's URL, without a slash at its end. */
  mount: string;
  headers: () => Record<string, string>;
  fetch: typeof fetch;
  WebSocket: SocketClass | undefined;
  order: readonly Kind[];
  queue: Window;
}

/** Whom a driver works for. */
export interface Owner {
  /** The connection is another, or there is none any more. */
  moved(kind: Kind | undefined): void;
  deliver(seq: number, message: Message): void;
  resolve(message: Message): void;
  /** The session is over: start another one, or nothing happens any more. */
  over(over: Over): void;
  /** Called after everything that happened: what waits for the core may go on. */
  settled(): void;
  /** Called when the time has come that deadline says. */
  tick(now: number): void;
  readonly deadline: number;
}

/** What an item's tag must be: it learns what became of the item. */
export interface Tag {
  confirmed(): void;
  refused(error: WeftError): void;
}

/** While a WebSocket takes nothing more, it is looked at again so often, in milliseconds: it has no event for that. */
const BLOCKED = 50;
/** The longest that setTimeout can wait. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** The time in milliseconds since some moment; never 0. */
const clock = (): number => Math.floor(performance.now()) + 1;

/** Runs the core and the plan over links, with one timer for all deadlines. */
export class Driver implements Host {
  core!: Client;
  readonly mount: string;
  readonly fetch: typeof fetch;
  readonly headers: () => Record<string, string>;
  readonly hold = CLIENT_DEFAULTS.hold + CLIENT_DEFAULTS.pong;

  readonly #setup: Setup;
  readonly #owner: Owner;
  readonly #plan: Plan;
  #current: Link | undefined;
  /** Its HELLO or ATTACH is outstanding. */
  #candidate: Link | undefined;
  /** The WebSocket that is dialled, or open and not current. */
  #stream: Link | undefined;
  /** Where the offer says that WebSocket is, relative to the mount. */
  #door = "ws";
  #begun = 0;
  #attachTime = 0;

  #timer: ReturnType<typeof setTimeout> | undefined;
  #armed = Infinity;
  #busy = false;
  #scheduled = false;
  #ended = true;

  constructor(setup: Setup, owner: Owner) {
    this.#setup = setup;
    this.#owner = owner;
    this.mount = setup.mount;
    this.headers = setup.headers;
    this.fetch = setup.fetch;
    this.#plan = new Plan(setup.order, Math.random);
  }

  /** Begins a session, the first one or the one after one that is over. */
  start(): void {
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    this.core = new Client({ ...CLIENT_DEFAULTS, queue: this.#setup.queue }, nonce);
    this.#ended = false;
    this.run((now, out) => this.#plan.start(now, out));
  }

  /** The smoothed round trip in milliseconds; what attaching took before one was measured. */
  get rtt(): number {
    return this.core.rtt || this.#attachTime;
  }

  /** The time in milliseconds, by the clock that tick is given. */
  get now(): number {
    return clock();
  }

  /** Keeps to one kind of transport. */
  force(kind: Kind | undefined): void {
    this.run((now, out) => this.#plan.force(now, kind, out));
  }

  /** Cuts the current connection. */
  cut(): void {
    this.run((now, out) => this.#current && this.#lose(this.#current, now, out));
  }

  /** Time may have passed unnoticed; online: or the network is another. */
  wake(online: boolean): void {
    this.run((now, out) => {
      this.core.wake(now);
      if (online || !this.#current) {
        this.#plan.online(now, out);
      }
    });
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

  // What links need and tell.

  position(): Position | undefined {
    const { session, att } = this.core;
    return session && { sid: session.sid, token: session.token!, att };
  }

  tell(): Positions {
    return this.core.answer();
  }

  opened(link: Link): void {
    this.run((now, out) => this.#plan.opened(now, link.kind, out));
  }

  received(link: Link, batch: Uint8Array): void {
    if (link !== this.#current && link !== this.#candidate) {
      return;
    }
    this.run((now, out) => {
      const effects: Effect[] = [];
      try {
        for (const frame of binary.decode(batch, this.core.maxFrame)) {
          if (!this.core.receive(now, link.binding, frame, false, effects)) {
            break;
          }
        }
        this.#apply(now, effects, out);
      } catch (e) {
        const { code, reason } = offenceOf(e);
        this.core.abort(code, reason);
      }
    });
  }

  heard(link: Link): void {
    this.core.heard(clock(), link.binding);
  }

  down(link: Link): void {
    this.run((now, out) => this.#lose(link, now, out));
  }

  /** Every event runs in here: it ends with what must follow, whatever happened. */
  run(event: (now: number, out: Action[]) => void): void {
    if (this.#ended) {
      return;
    }
    const outer = this.#busy;
    this.#busy = true;
    const now = clock();
    const out: Action[] = [];
    try {
      event(now, out);
      for (const action of out) { // it grows: what cannot be done has consequences
        this.#act(action, now, out);
      }
      this.#owner.settled();
    } finally {
      this.#busy = outer;
    }
    if (!outer) {
      this.#settle(now);
    }
  }

  #act({ act, kind }: Action, now: number, out: Action[]): void {
    if (act === "poll") {
      this.#current?.poll();
    } else if (act === "drop") {
      this.#drop(kind, now);
    } else if (act === "dial") {
      this.#dial(now, out);
    } else {
      this.#open(kind === "websocket" ? this.#stream! : new LongPollLink(this), now);
    }
  }

  #dial(now: number, out: Action[]): void {
    try {
      const url = `${this.mount.replace(/^http/, "ws")}/${this.#door}`;
      this.#stream = new WebSocketLink(this, this.#setup.WebSocket!, url);
    } catch {
      this.#plan.failed(now, "websocket", out);
    }
  }

  /** Sends HELLO or ATTACH on a link. */
  #open(link: Link, now: number): void {
    this.#candidate = link;
    this.#begun = now;
    const w = new Writer();
    link.binding = this.core.open(now, link.kind === "longpoll", binary, w);
    link.send(w.take());
  }

  #drop(kind: Kind, now: number): void {
    const link = kind === "websocket" ? this.#stream : this.#candidate;
    if (link?.kind === kind) {
      this.#forget(link, now);
    }
  }

  /** Gives a link up without a word to the plan. */
  #forget(link: Link, now: number, code = DONE, reason = ""): void {
    link.close(code, reason);
    this.core.lost(now, link.binding);
    this.#current = without(this.#current, link);
    this.#candidate = without(this.#candidate, link);
    this.#stream = without(this.#stream, link);
  }

  /** Takes note of a link that is gone, for the reason that code says. */
  #lose(link: Link, now: number, out: Action[], code = DONE, reason = ""): void {
    const current = link === this.#current;
    this.#forget(link, now, code, reason);
    if (classOf(code) === "delay") {
      this.#plan.limited(now);
    }
    if (current) {
      this.#plan.died(now, out);
      this.#owner.moved(undefined);
    } else {
      this.#plan.failed(now, link.kind, out);
    }
  }

  #apply(now: number, effects: Effect[], out: Action[]): void {
    for (const e of effects) {
      switch (e.kind) {
        case "deliver":
          this.#owner.deliver(e.seq, e.message);
          break;
        case "resolve":
          this.#owner.resolve(e.message);
          break;
        case "confirmed":
          tagOf(e.item).confirmed();
          break;
        case "refused":
          tagOf(e.item).refused(new WeftError(e.code, "message too large for the server"));
          break;
        case "attached":
          this.#attached(now, out);
          break;
        case "dead":
          this.#dead(e.binding, now, out, e.code, e.reason);
          break;
        case "suspect":
          this.#plan.suspect(now, out);
      }
    }
  }

  /** The candidate is the current link now. */
  #attached(now: number, out: Action[]): void {
    const link = this.#candidate!;
    this.#current?.close(SUPERSEDED, "superseded");
    this.#current = link;
    this.#candidate = undefined;
    this.#stream = without(this.#stream, link);
    this.#attachTime = now - this.#begun;
    this.#readOffer();
    this.#plan.ready(now, link.kind, out);
    this.#owner.moved(link.kind);
  }

  /** PROTOCOL 8.9. */
  #readOffer(): void {
    const text = this.core.session!.extras.get("offer");
    if (text) {
      const offer = JSON.parse(text) as { kind: string; url: string }[];
      this.#plan.offered(offer.map(({ kind }) => kind));
      this.#door = offer.find(({ kind }) => kind === "websocket")?.url ?? this.#door;
    }
  }

  #dead(binding: number, now: number, out: Action[], code: number, reason: string): void {
    const link = [this.#current, this.#candidate].find((l) => l?.binding === binding);
    if (link && !this.core.over) {
      this.#lose(link, now, out, code, reason);
    }
  }

  /** What must follow: write, end, and wait for the next deadline. */
  #settle(now: number): void {
    const blocked = this.#flush(now);
    const { over } = this.core;
    if (over) {
      this.#end(over);
    } else {
      this.#arm(now, blocked ? now + BLOCKED : Infinity);
    }
  }

  /** Writes what is pending. True: the link does not take it now, and will not say when it does. */
  #flush(now: number): boolean {
    const link = this.#current;
    const w = new Writer();
    while (link && this.core.pending()) {
      // The last word of a session that is over does not wait.
      if (!link.writable && !this.core.over) {
        return link.kind === "websocket";
      }
      this.core.batch(now, link.binding, binary, w);
      link.send(w.take());
    }
    return false;
  }

  #end(over: Over): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#armed = Infinity;
    for (const link of [this.#current, this.#candidate, this.#stream]) {
      link?.close(over.code, over.reason);
    }
    this.#current = this.#candidate = this.#stream = undefined;
    this.#owner.over(over);
  }

  /** Arms the timer for the earliest deadline. One that is earlier stays: it looks again then. */
  #arm(now: number, blocked: number): void {
    const at = Math.min(this.core.deadline(), this.#plan.deadline, this.#owner.deadline, blocked);
    if (at < this.#armed) {
      clearTimeout(this.#timer);
      this.#armed = at;
      this.#timer = setTimeout(this.#tick, Math.min(Math.max(at - now, 0), MAX_TIMEOUT));
    }
  }

  readonly #tick = (): void => {
    this.#armed = Infinity;
    this.run((now, out) => {
      const effects: Effect[] = [];
      this.core.tick(now, effects);
      this.#apply(now, effects, out);
      this.#plan.tick(now, out);
      this.#owner.tick(now);
    });
  };
}

function without(link: Link | undefined, gone: Link): Link | undefined {
  return link === gone ? undefined : link;
}

function tagOf(item: Item): Tag {
  return item.tag as Tag;
}
