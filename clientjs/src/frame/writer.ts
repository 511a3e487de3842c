const utf8 = new TextEncoder();

/** The length of a number's varint in bytes (PROTOCOL 2.2). */
export function varintSize(v: number): number {
  return v < 1 << 6 ? 1 : v < 1 << 14 ? 2 : v < 1 << 30 ? 4 : 8;
}

/** A buffer that grows. */
export class Writer {
  #buf = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written, as a copy. The writer is empty afterwards and may be used again. */
  take(): Uint8Array {
    const out = this.#buf.slice(0, this.#length);
    this.#length = 0;
    return out;
  }

  byte(v: number): void {
    const at = this.#grow(1);
    this.#buf[at] = v;
  }

  bytes(p: Uint8Array): void {
    const at = this.#grow(p.length);
    this.#buf.set(p, at);
  }

  text(s: string): void {
    this.bytes(utf8.encode(s));
  }

  /** A varint: the two high bits of its first byte give its length. */
  varint(v: number): void {
    const size = varintSize(v);
    const at = this.#grow(size);
    for (let i = at + size; i-- > at; v = Math.floor(v / 256)) {
      this.#buf[i] = v;
    }
    this.#buf[at]! |= (31 - Math.clz32(size)) << 6;
  }

  /** Writes what body writes, and its length before it. */
  sized(body: () => void): void {
    const at = this.#length;
    body();
    const size = this.#length - at;
    this.#grow(varintSize(size));
    const end = this.#length;
    this.#buf.copyWithin(end - size, at, at + size);
    this.#length = at;
    this.varint(size);
    this.#length = end;
  }

  /** Makes room for n bytes and returns where they begin. */
  #grow(n: number): number {
    const at = this.#length;
    this.#length += n;
    if (this.#length > this.#buf.length) {
      const buf = new Uint8Array(2 * this.#length);
      buf.set(this.#buf.subarray(0, at));
      this.#buf = buf;
    }
    return at;
  }
}
