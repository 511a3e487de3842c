import { malformed } from "./code.js";
import { varintSize } from "./writer.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes UTF-8, and refuses what is not. */
export function decodeText(p: Uint8Array): string {
  try {
    return utf8.decode(p);
  } catch {
    return malformed();
  }
}

/** Reads fields off a body. What it gives aliases the body. */
export class Reader {
  #body: Uint8Array;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  /** How many bytes are left. */
  get length(): number {
    return this.#body.length - this.#at;
  }

  take(n = this.length): Uint8Array {
    if (n > this.length) {
      malformed();
    }
    this.#at += n;
    return this.#body.subarray(this.#at - n, this.#at);
  }

  byte(): number {
    return this.#body[this.#at++] ?? malformed();
  }

  /** A varint, which must be minimal and at most 2^53-1 (PROTOCOL 2.2). */
  varint(): number {
    const head = this.byte();
    const size = 1 << (head >> 6);
    let v = head & 0x3f;
    for (let i = 1; i < size; i++) {
      v = v * 256 + this.byte();
    }
    // A sum beyond 2^53 is rounded, but never below it.
    if (!Number.isSafeInteger(v) || size !== varintSize(v)) {
      malformed();
    }
    return v;
  }

  /** A string: a length and that many bytes. */
  string(): Uint8Array {
    return this.take(this.varint());
  }
}
