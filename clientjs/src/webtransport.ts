import { fromBase64 } from "./frame/base64.js";
import { VOLATILE } from "./frame/frame.js";
import { split, whole } from "./frame/stream.js";
import { WT } from "./kind.js";
import { DATAGRAMS, GRACE } from "./limits.js";
import type { Host, Link, Offer } from "./link.js";

/** Safari has only what took the place of writable (W3C WebTransport, createWritable). */
const outgoing = (d: WebTransportDatagramDuplexStream & { createWritable?(): WritableStream }): WritableStream =>
  d.writable ?? d.createWritable!();

/** @internal One stream carries frames both ways, datagrams carry VOLATILE ones (PROTOCOL 11.16). */
export class WebTransportLink implements Link {
  readonly kind = WT;
  binding = 0;
  readonly #host: Host;
  readonly #session: WebTransport;
  #stream: WritableStreamDefaultWriter | undefined;
  #datagrams: WritableStreamDefaultWriter | undefined;
  /** What has arrived of a frame that is not whole yet. */
  #rest = new Uint8Array();
  #gone = false;

  /** Dials. It throws when there is no WebTransport, or the URL is not allowed here. */
  constructor(host: Host, { url, hashes }: Offer) {
    this.#host = host;
    const mount = new URL(`${host.setup.mount.replace(/^http:/, "https:")}/`);
    const target = new URL(url, mount);
    if (target.host !== mount.host) { // the session's secret goes there
      throw new TypeError("weft: offered elsewhere");
    }
    this.#session = new WebTransport(target.href, {
      ...(hashes && {
        serverCertificateHashes: hashes.map((h) => ({ algorithm: "sha-256", value: fromBase64(h) as BufferSource })),
      }),
    });
    this.#session.closed.catch(() => {}); // reads end, too
    void this.#run();
  }

  get takes(): boolean {
    return this.#stream!.desiredSize! > 0 && this.#datagrams!.desiredSize! > -DATAGRAMS;
  }

  async #run(): Promise<void> {
    const session = this.#session;
    try {
      await session.ready;
      const { readable, writable } = await session.createBidirectionalStream();
      this.#stream = writable.getWriter();
      this.#datagrams = outgoing(session.datagrams).getWriter();
      void this.#read(session.datagrams.readable, (p) => p.subarray(this.#volatile(p) ? 0 : p.length));
      this.#host.opened(this);
      await this.#read(readable, (p) => this.#take(p));
    } catch {} // it is gone, or never came
    this.#down();
  }

  /** Hands on what a stream brings, until it ends. */
  async #read(stream: ReadableStream<Uint8Array>, frames: (p: Uint8Array) => Uint8Array): Promise<void> {
    const reader = stream.getReader();
    try {
      for (let p; (p = (await reader.read()).value) && !this.#gone; ) {
        this.#host.received(this, frames(p));
      }
    } catch {} // the session's end
  }

  /** Other datagrams are ignored, and one that has overtaken READY, which is to be the first frame (PROTOCOL 11.16). */
  #volatile(p: Uint8Array): boolean {
    return (p[0]! & 31) === VOLATILE && this.#host.core.current === this.binding;
  }

  /** The frames that are whole now. */
  #take(p: Uint8Array): Uint8Array {
    const all = new Uint8Array(this.#rest.length + p.length);
    all.set(this.#rest);
    all.set(p, this.#rest.length);
    const n = whole(all, this.#host.core.maxFrame);
    this.#rest = all.slice(n);
    return all.subarray(0, n);
  }

  #down(): void {
    if (!this.#gone) {
      this.#host.down(this);
    }
  }

  send(batch: Uint8Array): void {
    const [frames, volatile] = split(batch);
    if (frames.length) {
      this.#stream!.write(frames).catch(() => this.#down());
    }
    for (const p of volatile) {
      this.#datagrams!.write(p).catch(() => {}); // it may get lost
    }
  }

  close(code: number, reason: string): void {
    this.#gone = true;
    const end = (): void => this.#session.close({ closeCode: code, reason });
    if (this.#stream && this.#host.core.over) { // a close would take the last word with it: the server closes behind that
      this.#stream.close().catch(() => {});
      setTimeout(end, GRACE);
    } else {
      end();
    }
  }
}
