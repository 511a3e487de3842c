import type { Client } from "./core/client.js";
import type { Frame } from "./frame/frame.js";
import { Hold } from "./hold.js";
import type { Host, Link } from "./link.js";

export const MAX_FRAME = 1024;

/** A driver that only writes down what it is told. */
export class FakeHost implements Host {
  readonly setup;
  readonly core = {
    session: { sid: new Uint8Array(16), token: new Uint8Array(32).fill(255) },
    att: 3,
    maxFrame: MAX_FRAME,
    outstanding: 0,
    closing: {},
    answer: () => ({ rcv: 2, ack: 1 }),
  } as unknown as Client;
  readonly hold = new Hold();
  readonly told: string[] = [];
  readonly got: Frame[] = [];
  readonly batches: Uint8Array[] = [];
  #wake = (): void => {};

  constructor(mount: string, fetch?: typeof globalThis.fetch) {
    this.setup = { mount, headers: { "X-Own": "1" }, ...(fetch && { fetch }) };
  }

  #tell(what: string): void {
    this.told.push(what);
    this.#wake();
  }

  opened(): void {
    this.#tell("opened");
  }

  received(_: Link, batch: Uint8Array): void {
    this.batches.push(batch);
    this.#tell("received");
  }

  frames(_: Link, frames: Iterable<Frame>): void {
    try {
      for (const f of frames) {
        this.got.push(f);
      }
      this.#wake();
    } catch (e) {
      this.#tell(`bad ${(e as Error).constructor.name}`);
    }
  }

  down(): void {
    this.#tell("down");
  }

  /** Waits until something is true. */
  async until(what: () => boolean): Promise<void> {
    let never: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<never>((_, reject) => {
      never = setTimeout(() => reject(new Error(`never: ${what}; told ${this.told}`)), 5000);
    });
    while (!what()) {
      await Promise.race([new Promise<void>((wake) => (this.#wake = wake)), patience]);
    }
    clearTimeout(never);
  }

  tells(what: string): Promise<void> {
    return this.until(() => this.told.includes(what));
  }
}
