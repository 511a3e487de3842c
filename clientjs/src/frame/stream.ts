import { FrameError, TOO_LARGE } from "./code.js";
import { VOLATILE } from "./frame.js";

/** The longest VOLATILE frame, in bytes, that travels as a datagram: what fits any path. */
const DATAGRAM = 1_100;

/** Where the frame ends that begins at a place, perhaps beyond the end of p; undefined when its head is not there. */
function end(p: Uint8Array, at: number): number | undefined {
  const width = 1 << ((p[at + 1] ?? 0) >> 6); // of a QUIC varint (RFC 9000 section 16)
  const body = at + 1 + width;
  if (body > p.length) {
    return undefined;
  }
  let size = p[at + 1]! & 63;
  for (let i = at + 2; i < body; i++) {
    size = size * 256 + p[i]!;
  }
  return body + size;
}

/**
 * How many bytes at the beginning of p are whole frames. Throws a FrameError when a frame is longer than it may be, so
 * that nobody waits for it.
 */
export function whole(p: Uint8Array, maxFrame: number): number {
  for (let n = 0; ; ) {
    const next = end(p, n);
    if (next! > n + maxFrame + 9) {
      throw new FrameError(TOO_LARGE, "frame too large");
    }
    if (!(next! <= p.length)) {
      return n;
    }
    n = next!;
  }
}

/** Takes the VOLATILE frames that fit a datagram out of a batch: what is left, and those. */
export function split(batch: Uint8Array): [frames: Uint8Array, volatile: Uint8Array[]] {
  const volatile: Uint8Array[] = [];
  let kept = 0; // bytes; what is kept moves to the front
  for (let n = 0, next; n < batch.length; n = next) {
    next = end(batch, n)!;
    if ((batch[n]! & 31) === VOLATILE && next - n <= DATAGRAM) {
      volatile.push(batch.slice(n, next));
    } else {
      batch.copyWithin(kept, n, next);
      kept += next - n;
    }
  }
  return [batch.subarray(0, kept), volatile];
}
