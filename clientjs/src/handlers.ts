import type { Client } from "./core/client.js";
import { Item } from "./core/item.js";
import { report, WeftError } from "./errors.js";
import { INTERNAL, NOT_FOUND } from "./frame/code.js";
import { CODEC_BYTES, EMPTY, ERROR, type Message, REPLY } from "./frame/message.js";
import type { Arrival } from "./lane.js";
import { encode } from "./payload.js";

/** What a handler is told beside its input. */
export interface HandlerContext {
  /** Aborts when the server takes its call back, or the session ends. */
  signal: AbortSignal;
}

/** @internal */
export type Handler = (input: any, context: HandlerContext) => unknown;

/** @internal Answers the server's calls. */
export class Handlers {
  readonly #handlers = new Map<string, Handler>();
  /** Calls that were started and have no reply yet, by the server's id. */
  readonly #running = new Map<number, AbortController>();
  readonly #replied: () => void;

  constructor(replied: () => void) {
    this.#replied = replied;
  }

  set(name: string, handler: Handler): () => void {
    this.#handlers.set(name, handler);
    return () => {
      if (this.#handlers.get(name) === handler) {
        this.#handlers.delete(name);
      }
    };
  }

  /** How many calls have no reply yet. */
  get pending(): number {
    return this.#running.size;
  }

  cancel({ id }: Message): void {
    this.#running.get(id!)?.abort();
  }

  /** Forgets the calls of a session that is over. */
  abortAll(): void {
    for (const abort of this.#running.values()) {
      abort.abort();
    }
    this.#running.clear();
  }

  /** Starts a call. False: there is no slot for it (PROTOCOL 5.8). */
  start({ core, message, data }: Arrival): boolean {
    if (core.over) {
      return true;
    }
    if (!core.canStart()) {
      core.starved();
      return false;
    }
    core.start();
    this.#serve(core, message, data).catch(report);
    return true;
  }

  async #serve(core: Client, { id, name }: Message, data: unknown): Promise<void> {
    const abort = new AbortController();
    const reply = (m: Partial<Message>): void => {
      if (core.over) {
        return;
      }
      this.#running.delete(id!);
      if (!core.closing.over) { // else nothing can be sent any more
        core.send(new Item({ kind: ERROR, codec: CODEC_BYTES, payload: EMPTY, ...m, id: id! }));
      }
      this.#replied();
    };
    this.#running.set(id!, abort);
    try {
      const handler = this.#handlers.get(name!);
      if (!handler) {
        throw new WeftError(NOT_FOUND, "no handler");
      }
      reply({ kind: REPLY, ...encode(await handler(data, { signal: abort.signal })) });
    } catch (e) {
      try {
        if (!(e instanceof WeftError)) {
          throw e;
        }
        reply({ code: e.code, text: e.message });
      } catch (bad) { // its text stays here, or the code or the text is none that can be sent
        report(bad);
        reply({ code: INTERNAL, text: "internal error" });
      }
    }
  }
}
