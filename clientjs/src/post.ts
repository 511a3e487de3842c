import { toBase64 } from "./frame/base64.js";
import type { Kind } from "./kind.js";
import { GRACE, PAUSE, TRIES } from "./limits.js";
import type { Host, Link } from "./link.js";

export const MIME = "application/vnd.weft.1";

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/**
 * A link that brings what the client says by POST, one batch at a time (PROTOCOL 11.3, 11.6). Requests have no
 * deadlines of their own: who finds the path dead, or an attempt too long, closes the link.
 */
export abstract class PostLink implements Link {
  abstract readonly kind: Kind;
  binding = 0;
  takes = false;
  protected readonly host: Host;
  /** It was closed: nobody is told of anything any more. */
  protected gone = false;
  readonly #abort = new AbortController();
  #opened = false;

  constructor(host: Host) {
    this.host = host;
  }

  /** Where the first batch goes. */
  protected abstract get door(): string;

  poll?(): void;

  async send(batch: Uint8Array): Promise<void> {
    const { core } = this.host;
    const door = this.#opened ? `send?att=${core.att}` : this.door;
    this.takes = false;
    const answer = await this.tried(this.#opened ? TRIES : 1, () => this.post(door, batch));
    this.takes = this.#opened = true;
    this.received(answer, true);
    if (this.poll && core.outstanding === this.binding) {
      this.host.down(this); // an answer without READY: another one will not come
    }
  }

  /** The answer to a request; undefined when it failed for good, or the link is closed. */
  protected async tried(tries: number, request: () => Promise<Uint8Array>): Promise<Uint8Array | undefined> {
    for (; !this.gone; await sleep(PAUSE)) {
      try {
        return await request();
      } catch {
        if (!--tries && !this.gone) {
          this.host.down(this);
        }
      }
    }
    return undefined;
  }

  /**
   * Makes a request. A batch with an error status is an answer; what is not weft's, say a proxy's, is thrown, and so is
   * what is empty and not 204: when headers were cut off, Chromium makes an answer without a body of them.
   */
  protected async post(door: string, body: Uint8Array | null = null): Promise<Uint8Array> {
    const answer = await this.request(door, this.#abort.signal, body);
    const none = answer.status === 204;
    if (none || answer.headers.get("Content-Type") === MIME) {
      const batch = new Uint8Array(await answer.arrayBuffer());
      if (none || batch.length) {
        return batch;
      }
    }
    throw answer;
  }

  protected request(door: string, signal: AbortSignal, body: Uint8Array | null = null): Promise<Response> {
    const { core, setup } = this.host;
    const headers = new Headers(setup.headers);
    if (core.session) {
      const { sid, token } = core.session;
      if (door.includes("att=") || !headers.has("Authorization")) { // else it attaches, and is asked who it is
        headers.set("Authorization", `Bearer ${toBase64(token!)}`);
      }
      door = `s/${toBase64(sid)}/${door}`;
    }
    if (body) {
      headers.set("Content-Type", MIME);
    }
    const init = { method: "POST", headers, body: body as BodyInit | null, signal };
    return (setup.fetch ?? fetch)(`${setup.mount}/${door}`, init);
  }

  /** post: it is not what brings frames down, but answers what was brought up. */
  protected received(answer: Uint8Array | undefined, post = false): void {
    if (answer && !this.gone) {
      this.host.received(this, answer, post);
    }
  }

  close(): void {
    this.gone = true;
    setTimeout(() => this.#abort.abort(), GRACE);
  }
}
