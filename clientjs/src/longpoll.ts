import { toBase64 } from "./frame/base64.js";
import { GRACE, PAUSE, TRIES } from "./limits.js";
import type { Host, Link } from "./link.js";
import { POLLS } from "./plan.js";

const MIME = "application/vnd.weft.1";

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/**
 * One POST waits for what the server says, another brings what the client says (PROTOCOL 11.1 to 11.6). Requests have
 * no deadlines of their own: who finds the path dead, or an attempt too long, closes the link.
 */
export class LongPollLink implements Link {
  readonly kind = POLLS;
  binding = 0;
  writable = false;
  readonly #host: Host;
  readonly #abort = new AbortController();
  #closed = false;
  #opened = false;
  /** The number of the last poll, and whether its answer came. */
  #number = 0;
  #answered = true;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The first batch's answer is poll number 0. After that one batch is on its way at a time. */
  async send(batch: Uint8Array): Promise<void> {
    const { core } = this.#host;
    this.writable = false;
    const door = this.#opened ? `send?att=${core.att}` : core.session ? "poll" : "session";
    const answer = await this.#tried(this.#opened ? TRIES : 1, () => door, batch);
    this.writable = this.#opened = true;
    this.#received(answer);
    if (core.outstanding === this.binding) {
      this.#host.down(this); // an answer without READY: another one will not come
    }
  }

  async poll(): Promise<void> {
    while (!this.#closed) {
      const answer = await this.#tried(TRIES, () => this.#nextPoll());
      this.#answered = true;
      this.#received(answer);
      if (!answer?.length) {
        await sleep(PAUSE);
      }
    }
  }

  /** A number is 2 greater when the answer before did not come: the server tells again what it told there. */
  #nextPoll(): string {
    const { core } = this.#host;
    const { rcv, ack } = core.answer();
    this.#number += this.#answered ? 1 : 2;
    this.#answered = false;
    return `poll?att=${core.att}&poll=${this.#number}&rcv=${rcv}&ack=${ack}`;
  }

  /** The answer to a request; undefined when it failed for good, or the link is closed. */
  async #tried(tries: number, door: () => string, body?: Uint8Array): Promise<Uint8Array | undefined> {
    for (; !this.#closed; await sleep(PAUSE)) {
      try {
        return await this.#request(door(), body);
      } catch {
        if (!--tries && !this.#closed) {
          this.#host.down(this);
        }
      }
    }
    return undefined;
  }

  /** Makes a request. A batch with an error status is an answer; what is not weft's, say a proxy's, is thrown. */
  async #request(door: string, body: Uint8Array | null = null): Promise<Uint8Array> {
    const { core, setup } = this.#host;
    const { signal } = this.#abort;
    const headers = { ...setup.headers };
    if (core.session) {
      const { sid, token } = core.session;
      door = `s/${toBase64(sid)}/${door}`;
      headers["Authorization"] = `Bearer ${toBase64(token!)}`;
    }
    if (body) {
      headers["Content-Type"] = MIME;
    }
    const answer = await (setup.fetch ?? fetch)(`${setup.mount}/${door}`, { method: "POST", headers, body: body as BodyInit | null, signal });
    if (answer.status !== 204 && answer.headers.get("Content-Type") !== MIME) {
      throw answer;
    }
    return new Uint8Array(await answer.arrayBuffer());
  }

  #received(answer: Uint8Array | undefined): void {
    if (answer && !this.#closed) {
      this.#host.received(this, answer);
    }
  }

  close(): void {
    this.#closed = true;
    setTimeout(() => this.#abort.abort(), GRACE);
  }
}
