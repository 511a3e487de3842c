import { toBase64 } from "./frame/base64.js";
import { EMPTY } from "./frame/message.js";
import type { Host, Link } from "./link.js";

const MIME = "application/vnd.weft.1";
/** How long a POST may take, in milliseconds: more than the server's patience with a body. */
const POST_DEADLINE = 15_000;
/** A request that fails is tried so many times. Then the link is dead: the session knows better what to do. */
const TRIES = 3;
const RETRY_DELAY = 250;
/** It keeps a server, or something before it, that does not hold polls from being polled in a loop. */
const PAUSE = 50;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** One POST waits for what the server says, another brings what the client says (PROTOCOL 11.1 to 11.6). */
export class LongPollLink implements Link {
  readonly kind = "longpoll";
  binding = 0;
  readonly #host: Host;
  /** Of the request that waits for the server. */
  #waiting: AbortController | undefined;
  #closed = false;
  #opened = false;
  #sending = false;
  #polling = false;
  /** The number of the last poll, and whether its answer came. */
  #number = 0;
  #answered = true;

  constructor(host: Host) {
    this.#host = host;
  }

  get writable(): boolean {
    return this.#opened && !this.#sending;
  }

  send(batch: Uint8Array): void {
    void (this.#opened ? this.#post(batch) : this.#open(batch));
  }

  /** The first batch. Its answer is poll number 0. */
  async #open(batch: Uint8Array): Promise<void> {
    const door = this.#host.position() ? "poll" : "session";
    const answer = await this.#tried(
      () => this.#request((this.#waiting = new AbortController()), door, "", batch, POST_DEADLINE), 1,
    );
    this.#opened = true;
    this.#received(answer);
  }

  /** One at a time; a lost answer is asked for by the same frames. */
  async #post(batch: Uint8Array): Promise<void> {
    this.#sending = true;
    const query = `?att=${this.#host.position()!.att}`;
    const answer = await this.#tried(() => this.#request(new AbortController(), "send", query, batch, POST_DEADLINE));
    this.#sending = false;
    this.#received(answer);
  }

  async poll(): Promise<void> {
    if (this.#polling) {
      return;
    }
    this.#polling = true;
    while (!this.#closed) {
      const answer = await this.#tried(() => this.#pollOnce());
      this.#received(answer);
      if (!answer?.length) {
        await sleep(PAUSE);
      }
    }
  }

  /** A number is 2 greater when the answer before did not come: the server tells again what it told there. */
  async #pollOnce(): Promise<Uint8Array> {
    const { hold } = this.#host;
    this.#number += this.#answered ? 1 : 2;
    this.#answered = false;
    const { rcv, ack } = this.#host.tell();
    const query = `?att=${this.#host.position()!.att}&poll=${this.#number}&rcv=${rcv}&ack=${ack}`;
    const answer = await this.#request((this.#waiting = new AbortController()), "poll", query, undefined, hold);
    this.#answered = true;
    return answer;
  }

  /** Undefined: it failed for good, or the link is closed. */
  async #tried(request: () => Promise<Uint8Array>, tries = TRIES): Promise<Uint8Array | undefined> {
    while (!this.#closed) {
      try {
        return await request();
      } catch {
        if (!--tries) {
          this.#down();
          break;
        }
        await sleep(RETRY_DELAY);
      }
    }
    return undefined;
  }

  /** Makes a request. A batch with an error status is an answer; what is not weft's, say a proxy's, is thrown. */
  async #request(
    abort: AbortController, door: string, query: string, body: Uint8Array | undefined, deadline: number,
  ): Promise<Uint8Array> {
    const { mount, fetch } = this.#host;
    const session = door === "session" ? undefined : this.#host.position()!;
    const headers: Record<string, string> = { ...this.#host.headers() };
    if (session) {
      headers["Authorization"] = `Bearer ${toBase64(session.token)}`;
    }
    if (body) {
      headers["Content-Type"] = MIME;
    }
    const url = `${mount}/${session ? `s/${toBase64(session.sid)}/` : ""}${door}${query}`;
    const timer = setTimeout(() => abort.abort(), deadline);
    try {
      const answer = await fetch(url, {
        method: "POST", headers, body: (body ?? null) as BodyInit | null, signal: abort.signal,
        credentials: "same-origin", cache: "no-store", redirect: "error",
      });
      if (answer.status === 204) {
        return EMPTY;
      }
      if (answer.headers.get("Content-Type") !== MIME) {
        throw new Error(`HTTP ${answer.status}`);
      }
      return new Uint8Array(await answer.arrayBuffer());
    } finally {
      clearTimeout(timer);
    }
  }

  #received(answer: Uint8Array | undefined): void {
    if (this.#closed || !answer) {
      return;
    }
    if (answer.length) {
      this.#host.received(this, answer);
    } else {
      this.#host.heard(this);
    }
  }

  #down(): void {
    if (!this.#closed) {
      this.#host.down(this);
    }
  }

  /** What is being sent may still arrive, which does no harm, and may be the session's last word. */
  close(): void {
    this.#closed = true;
    this.#waiting?.abort();
  }
}
