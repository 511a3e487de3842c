import { Client, CLIENT_DEFAULTS } from "./core/client.js";
import type { Effect, Over } from "./core/core.js";
import { type Decision, MAX_DECISIONS } from "./decision.js";
import { WeftError } from "./errors.js";
import type { Ending } from "./events.js";
import { binary } from "./frame/binary.js";
import { BAD_PROTOCOL, DONE, RATE_LIMITED, SUPERSEDED } from "./frame/code.js";
import type { Frame } from "./frame/frame.js";
import { EVENT, type Message } from "./frame/message.js";
import { Hold } from "./hold.js";
import { duplex, type Kind } from "./kind.js";
import type { Host, Link, Setup } from "./link.js";
import { check, HERE, Links } from "./links.js";
import { keep, recall } from "./memory.js";
import { Outbox, type Sent } from "./outbox.js";
import { hidden } from "./page.js";
import type { Action } from "./plan/action.js";
import { Plan } from "./plan/plan.js";
import { clock, Timer } from "./timer.js";

/** Whom a driver works for. */
export interface Owner {
  /** The connection is another, or there is none any more. */
  moved(kind?: Kind): void;
  /** A message has arrived. */
  message(message: Message, seq: number): void;
  /** The latest value of a key has arrived, outside the sequence. */
  latest(message: Message, key: string): void;
  /** The next session is to be opened at url, at a random moment within so many milliseconds. */
  asked(url: string, within: number): void;
  /** The session is over: start another one, or nothing happens any more. */
  over(ending: Ending): void;
  /** Called after everything that happened. It says when it is to be called again, at the latest. */
  settled(now: number): number;
}

/** Runs the core and the plan over links, with one timer for all deadlines. */
export class Driver implements Host {
  core!: Client; // undefined before start
  setup: Setup;
  readonly hold = new Hold();
  readonly #owner: Owner;
  readonly #plan: Plan;
  /** The latest, the oldest first. */
  readonly decisions: Decision[];
  readonly outbox = new Outbox(this);

  readonly #links: Links;
  readonly #timer = new Timer(() => this.#tick(), () => this.wake(false));
  /** The owner knows of a connection. */
  #told = false;
  #busy = false;
  /** What is to be done. */
  readonly #out: Action[] = [];
  #scheduled = false;
  #ended = true;

  constructor(setup: Setup, owner: Owner, decisions: Decision[]) {
    this.setup = setup;
    this.decisions = decisions;
    this.#owner = owner;
    const { transports = HERE } = setup;
    check(transports[0]!);
    transports.forEach(check);
    const memory = recall(setup);
    this.#plan = new Plan(transports, transports !== HERE, memory, Math.random);
    this.#links = new Links(this, memory.networks[0]?.place);
  }

  /**
   * Begins a session, perhaps at another mount than the one before: the first one when the code that runs now has finished,
   * since its messages may ride along.
   */
  start(setup = this.setup): void {
    if (setup !== this.setup) {
      this.setup = setup;
      this.#links.offers = [];
      this.#plan.elsewhere();
    }
    const begin = (): void => this.run((now, out) => {
      this.#plan.start(now, out);
      this.#plan.hide(now, !!hidden(), out); // it looks at what is due, which is nothing of a session before
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
    return this.core.rtt || this.#links.took;
  }

  /** What carries the session now, if anything does. */
  get kind(): Kind | undefined {
    return this.#links.current?.kind;
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
      this.#links.drop(now, this.#links.current);
      this.#tell();
    });
  }

  /** Cuts the current connection. */
  cut(): void {
    if (this.#links.current) {
      this.down(this.#links.current);
    }
  }

  /** Time may have passed unnoticed; online: and the network may be another. */
  wake(online: boolean): void {
    this.run((now, out) => {
      const unseen = !!hidden();
      this.#plan.hide(now, unseen, out);
      if (!unseen) {
        this.core.wake(now);
      }
      if (online || (!unseen && !this.kind)) {
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

  received(link: Link, batch: Uint8Array, post = false): void {
    this.#links.left -= batch.length;
    if (post) {
      this.core.answered(link.binding);
    }
    this.frames(link, binary.decode(batch, this.core.maxFrame), post);
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
      if (this.#links.left <= 0) {
        this.#plan.worn(now, out);
      }
      const next = Math.min(this.#owner.settled(now), this.outbox.expire(now));
      for (let action; (action = out.shift()); ) { // it grows: what cannot be done has consequences
        this.#act(action, now, out);
      }
      this.#busy = false;
      const again = this.#links.write(now);
      if (this.core.over) {
        this.#end(now, this.core.over);
      } else {
        this.#timer.arm(now, Math.min(next, again, this.core.deadline(), this.#plan.deadline));
      }
    }
  }

  #act({ act, kind }: Action, now: number, out: Action[]): void {
    this.#note(now, act, kind);
    switch (act) {
      case "poll":
        this.#links.current?.poll?.();
        break;
      case "drop":
        this.#links.giveUp(now, kind!);
        this.#tell(); // the one before may have been left for it
        break;
      case "dial":
        try {
          this.#links.dial(kind!);
        } catch (e) {
          this.#note(now, "failed", kind, String(e));
          this.#plan.failed(now, kind!, out);
        }
        break;
      case "create":
      case "attach":
        this.#links.open(now, kind!);
    }
  }

  /** Takes note of a link that is gone, for the reason that code says. */
  #lose(link: Link, now: number, out: Action[], code: number, reason: string): void {
    const current = link === this.#links.current;
    // The server has heard of the attempt that is under way: READY follows, and the owner need not know.
    const left = current && code === SUPERSEDED && !!this.#links.candidate;
    this.#links.drop(now, link, code, reason);
    this.#limited(now, code);
    this.#note(now, left ? "left" : current ? "died" : "failed", link.kind, reason);
    if (left) {
      this.#plan.left(now, out);
    } else if (current) {
      this.#plan.died(now, this.core.through > this.#links.from, out);
    } else {
      this.#plan.failed(now, link.kind, out);
    }
    if (!left) {
      this.#tell();
    }
  }

  /** Tells the owner when there is no connection any more. */
  #tell(): void {
    if (this.#told && !this.kind) {
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
            (e.item.tag as Sent).resolve(undefined);
          }
          break;
        case "refused":
          (e.item.tag as Sent).reject(new WeftError(e.code, "too large"));
          break;
        case "attached":
          this.#attached(now, out);
          break;
        case "move":
          this.#note(now, "move");
          this.#owner.asked(e.url, e.within);
          break;
        case "suspect":
          this.#note(now, "suspect", this.kind);
          this.#plan.suspect(now, out);
          break;
        case "dead": {
          const { current, candidate } = this.#links;
          const link = current?.binding === e.binding ? current : candidate;
          if (link && !this.core.over) { // else its last word is written first
            this.#lose(link, now, out, e.code, e.reason);
          }
        }
      }
    }
  }

  /** Another link is the current one now. */
  #attached(now: number, out: Action[]): void {
    const kind = this.#links.attached(now);
    const { current } = this.#links;
    if (!duplex(current!) && !current!.takes) { // READY has overtaken the answer to the ATTACH of an event stream
      this.core.posted(now, current!.binding);
    }
    this.#plan.welcome(this.#links.offers, this.core.session!.extras.get("network") ?? "", out);
    this.#plan.ready(now, kind, out);
    this.#note(now, "ready", kind);
    this.#told = true;
    this.#owner.moved(kind);
  }

  #end(now: number, over: Over): void {
    this.#ended = true;
    this.#told = false;
    this.#timer.disarm();
    this.#links.end(now, over);
    this.#limited(now, over.code);
    this.#owner.over(this.outbox.end(over));
  }

  #tick(): void {
    this.run((now, out) => {
      const effects: Effect[] = [];
      this.core.tick(now, effects);
      this.#apply(now, effects, out);
      this.#plan.tick(now, out);
    });
  }
}
