import type { Client } from "./core/client.js";
import { Item } from "./core/item.js";
import { report, WeftError } from "./errors.js";
import { CANCELED, INTERNAL, NOT_FOUND, TOO_LARGE } from "./frame/code.js";
import { CODEC_BYTES, EMPTY, ERROR, type Message, REPLY } from "./frame/message.js";
import type { Arrival } from "./lane.js";
import { encode } from "./payload.js";

/** What a handler is told beside its input. */
export interface HandlerContext {
  /** Aborts when the server takes its call back, or the session ends. */
  signal: AbortSignal;
}

export type Handler = (input: any, context: HandlerContext) => unknown;

/** Answers the server's calls. */
export class Handlers {
  readonly #handlers = new Map<string, Handler>();
  /** Calls that were received and have no reply yet, by the server's id. */
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

  received({ id }: Message): void {
    this.#running.set(id!, new AbortController());
  }

  cancel({ id }: Message): void {
    this.#running.get(id!)?.abort(new WeftError(CANCELED, "canceled"));
  }

  /** Forgets the calls of a session that is over. */
  abortAll(reason: WeftError): void {
    for (const abort of this.#running.values()) {
      abort.abort(reason);
    }
    this.#running.clear();
  }

  /** Starts a call. False: there is no slot for it (PROTOCOL 5.8). */
  start({ core, message, data }: Arrival): boolean {
    const abort = this.#running.get(message.id!);
    if (core.over || !abort) {
      return true;
    }
    if (!core.canStart()) {
      core.starved();
      return false;
    }
    core.start();
    void this.#serve(core, message, data, abort);
    return true;
  }

  async #serve(core: Client, { id, name }: Message, data: unknown, abort: AbortController): Promise<void> {
    let reply: Message;
    try {
      abort.signal.throwIfAborted();
      const handler = this.#handlers.get(name!);
      if (!handler) {
        throw new WeftError(NOT_FOUND, "no such handler");
      }
      reply = { kind: REPLY, id: id!, ...encode(await handler(data, { signal: abort.signal })) };
    } catch (e) {
      reply = refusal(id!, e);
    }
    if (this.#running.get(id!) === abort) {
      this.#running.delete(id!);
    }
    answer(core, reply);
    this.#replied();
  }
}

/** An unexpected error's text stays here. */
function refusal(id: number, e: unknown): Message {
  const known = e instanceof WeftError;
  if (!known) {
    report(e);
  }
  const [code, text] = known ? [e.code, e.message] : [INTERNAL, "internal error"];
  return { kind: ERROR, codec: CODEC_BYTES, id, code, text, payload: EMPTY };
}

function answer(core: Client, reply: Message): void {
  if (core.over) {
    return;
  }
  try {
    core.send(new Item(reply));
  } catch (e) {
    if (reply.code !== TOO_LARGE) { // else it is closing
      answer(core, refusal(reply.id!, new WeftError(TOO_LARGE, "reply cannot be sent")));
    }
  }
}
