import type { Client } from "./core/client.js";
import type { Over } from "./core/core.js";
import { Item } from "./core/item.js";
import type { SendError } from "./core/send.js";
import { Deferred } from "./deferred.js";
import { WeftError } from "./errors.js";
import type { Ending } from "./events.js";
import { DONE, type FrameError, RATE_LIMITED, TIMEOUT } from "./frame/code.js";
import { EVENT, type Message, REPLY, REQUEST } from "./frame/message.js";
import type { CallOptions, SignalOptions } from "./options.js";
import { encode } from "./payload.js";
import { clock } from "./timer.js";

/** The tag of every event and request: it learns what became of it. */
export interface Sent extends Deferred<unknown> {
  readonly data: unknown;
  /** When it is given up, in milliseconds of clock. */
  readonly until: number;
  /** Takes it back, and rejects it. */
  readonly giveUp: (reason: unknown) => void;
}

/** Whom an outbox is of. */
interface Port {
  readonly core: Client;
  schedule(): void;
}

/** What the names of the protocol's own requests begin with. */
const RESERVED = "weft.";

/** What is sent in a session: events and requests, each of which learns what became of it. */
export class Outbox {
  readonly #port: Port;
  /** Requests that have no answer yet, by id. */
  readonly #unanswered = new Map<number, Sent>();

  constructor(port: Port) {
    this.#port = port;
  }

  /** How many requests have no answer yet. */
  get pending(): number {
    return this.#unanswered.size;
  }

  /** Sends a request of the protocol's own. What fills the queue is no reason to lose a topic. */
  request(what: string, data: object, options?: SignalOptions): Promise<any> {
    return this.send(REQUEST, RESERVED + what, data, options);
  }

  /** Sends an event or a request, and waits for what becomes of it. */
  async send(
    kind: number, name: string, data: unknown, { signal, timeout = Infinity }: CallOptions = {},
  ): Promise<unknown> {
    const { core } = this.#port;
    const id = kind === REQUEST ? core.nextId() : 0;
    signal?.throwIfAborted();
    const giveUp = (reason: unknown): void => {
      if (id) {
        core.cancel(id);
        this.#forget(id, sent);
      } else {
        core.sender.queue.remove(({ tag }) => tag === sent);
      }
      this.#port.schedule();
      sent.reject(reason);
    };
    const payload = encode(data);
    const sent: Sent = Object.assign(new Deferred<unknown>(), { data, until: clock() + timeout, giveUp });
    try {
      core.send(new Item({ kind, name, id, ...payload }, sent), !name.startsWith(RESERVED));
    } catch (e) {
      const { code, why, message } = e as FrameError & SendError;
      throw new WeftError(code ?? (why === "full" ? RATE_LIMITED : (core.over?.code ?? DONE)), message);
    }
    this.#port.schedule();
    if (id) {
      this.#unanswered.set(id, sent);
    }
    const abort = (): void => giveUp(signal!.reason);
    signal?.addEventListener("abort", abort);
    try {
      return await sent.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#forget(id, sent);
    }
  }

  /** Forgets a request, unless its id is that of one in the next session by now. */
  #forget(id: number, sent: Sent): void {
    if (this.#unanswered.get(id) === sent) {
      this.#unanswered.delete(id);
    }
  }

  /** Takes the answer to a request. */
  answer({ kind, id, code, text }: Message, data: unknown): void {
    const call = this.#unanswered.get(id!);
    this.#unanswered.delete(id!);
    if (kind === REPLY) {
      call?.resolve(data);
    } else {
      call?.reject(new WeftError(code!, text!));
    }
  }

  /** Gives up what has taken too long, and says when something will have. */
  expire(now: number): number {
    let next = Infinity;
    for (const { until, giveUp } of this.#unanswered.values()) {
      if (now >= until) {
        giveUp(new WeftError(TIMEOUT, "timeout"));
      } else {
        next = Math.min(next, until);
      }
    }
    return next;
  }

  /** Rejects what waits, as the session has ended, and says what that leaves. */
  end({ code, reason }: Over): Ending {
    const { items, sent } = this.#port.core.unconfirmed();
    const error = new WeftError(code, reason);
    const ending: Ending = { code, reason, unconfirmed: [] };
    items.forEach(({ message, tag }, i) => {
      const { kind, name } = message;
      const { data, reject } = tag as Sent;
      reject(error);
      if (!name!.startsWith(RESERVED)) { // else it is nothing that the application sent
        ending.unconfirmed.push({ kind: kind === EVENT ? "emit" : "call", name: name!, data, sent: i < sent });
      }
    });
    this.#unanswered.forEach((call) => call.reject(error)); // also those that were started and not answered
    this.#unanswered.clear();
    return ending;
  }
}
