import type { Frame } from "./frame/frame.js";
import { decodeLine } from "./frame/line.js";
import { SSE } from "./kind.js";
import { LINE_SLACK } from "./limits.js";
import type { Host } from "./link.js";
import { MIME, PostLink } from "./post.js";

/**
 * An event stream brings what the server says, POSTs what the client says (PROTOCOL 4, 11.6). The stream is nobody's
 * until ATTACH names it, and by then it has been seen to flow. It is fetched by POST: an EventSource has no headers.
 */
export class SseLink extends PostLink {
  readonly kind = SSE;
  readonly #abort = new AbortController();
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** The line that has not ended yet. */
  #rest = "";
  /** The name of the event that has not ended yet. */
  #event = "";
  /** The server's name for the stream. */
  #id = "";
  #ended = false;
  /** How many batches are on their way. */
  #sending = 0;

  /** Dials. */
  constructor(host: Host) {
    super(host);
    void this.#run();
  }

  protected get door(): string {
    return `sse?stream=${this.#id}`;
  }

  async #run(): Promise<void> {
    for (let lines; (lines = await this.#lines().catch(() => undefined)) && !this.gone; ) {
      this.host.frames(this, this.#frames(lines));
    }
    this.#ended = true;
    this.#down();
  }

  /** Says that the stream has ended; the answer to a POST may be the last word of a session that is closing. */
  #down(): void {
    if (this.#ended && !this.gone && !(this.#sending && this.host.core.closing.over)) {
      this.host.down(this);
    }
  }

  /** The lines that end in the stream's next chunk; undefined after the last. Throws when there is no sound stream. */
  async #lines(): Promise<string[] | undefined> {
    this.#reader ??= await this.#open();
    const { value } = await this.#reader.read();
    if (!value) {
      return undefined;
    }
    const lines = this.#utf8.decode(value, { stream: true }).split("\n");
    lines[0] = this.#rest + lines[0];
    const limit = 2 * this.host.core.maxFrame + LINE_SLACK;
    if (lines.some(({ length }) => length > limit)) {
      throw lines;
    }
    this.#rest = lines.pop()!;
    return lines;
  }

  async #open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const answer = await this.request("sse", this.#abort.signal);
    const type = answer.headers.get("Content-Type");
    if (type === MIME) {
      this.received(new Uint8Array(await answer.arrayBuffer()), true); // perhaps that the session is gone
    }
    if (answer.status !== 200 || !type?.startsWith("text/event-stream")) {
      throw answer;
    }
    return answer.body!.getReader();
  }

  /** The frames in lines. Each stands on one line, so that nothing has to wait for the end of its event. */
  *#frames(lines: string[]): Generator<Frame, void> {
    for (const line of lines) {
      const name = line.split(":", 1)[0]!; // "" is a comment
      const value = line.slice(name.length + 1).trim(); // perhaps of a CR
      if (!line.trim()) {
        this.#event = "";
      } else if (name === "event") {
        this.#event = value;
      } else if (name === "data" && this.#event === "stream") {
        this.#id = value;
        this.host.opened(this);
      } else if (name === "data" && !this.#event) {
        const frame = decodeLine(value);
        if (frame) {
          yield frame;
        }
      }
    }
  }

  override async send(batch: Uint8Array): Promise<void> {
    this.#sending++;
    await super.send(batch);
    this.#sending--;
    this.#down();
    this.#release();
  }

  override close(): void {
    super.close();
    this.#release();
  }

  /** Ends the stream of a closed link, and with it the attachment: a last word must have arrived (PROTOCOL 11.13). */
  #release(): void {
    if (this.gone && !this.#sending) {
      this.#abort.abort();
    }
  }
}
