import { ACK, CLOSE, DATA, type Encoding, type Frame, PING, PONG, READY } from "../frame/frame.js";
import { MAX_BATCH_FRAMES } from "../frame/limits.js";
import type { Writer } from "../frame/writer.js";
import type { End, Time } from "./core.js";
import { tell } from "./receive.js";
import { volatileDue, writeVolatile } from "./volatile.js";

/** A batch that is being written. */
export class Batch {
  readonly #enc: Encoding;
  readonly #out: Writer;
  /** No frame is begun at or beyond this length. */
  readonly #end: number;
  #frames = 0;
  #ready = false;

  constructor(enc: Encoding, out: Writer, limit: number) {
    this.#enc = enc;
    this.#out = out;
    this.#end = out.length + limit;
  }

  get full(): boolean {
    return this.#out.length >= this.#end || this.#frames >= MAX_BATCH_FRAMES - 8;
  }

  /**
   * Whether a message of so many bytes may be added to a batch that is not full. READY has its deadline: no message makes
   * its batch longer than that (PROTOCOL 8.5).
   */
  takes(size: number): boolean {
    return !this.#ready || this.#out.length + size <= this.#end;
  }

  frame(f: Frame): void {
    this.#ready ||= f.type === READY;
    this.#enc.append(this.#out, f);
    this.#frames++;
  }
}

/** Whether there is something other than an ACK to write. */
export function content(e: End): boolean {
  const { current, over, live, sender, closing } = e;
  if (!current || over) {
    return !!current && closing.abort;
  }
  return !!live.ready || live.ping || live.pong !== undefined || sender.cursor <= sender.top ||
    (!closing.mute && !!sender.next()) || sender.heldUp || volatileDue(e) || moveDue(live, closing) ||
    closePending(closing, sender);
}

/** Whether GOAWAY is to be written: on the way out there is nothing to ask for any more. */
function moveDue({ move }: End["live"], { over }: End["closing"]): boolean {
  return !!move && !over;
}

function closePending({ local, written }: End["closing"], { drained }: End["sender"]): boolean {
  return !!local && !written && drained;
}

/** Writes a batch; see End.batch. */
export function writeBatch(e: End, now: Time, w: Batch): void {
  const { over, closing, live, sender, receiver } = e;
  live.wrote = now;
  if (over) {
    closing.abort = false;
    w.frame({ type: CLOSE, code: over.code, reason: over.reason, final: undefined });
    return;
  }
  if (live.ready) {
    w.frame(live.ready());
    live.ready = undefined;
  }
  // The peer is told what it was not told, inside PONG or PING where one is due (PROTOCOL 7.1, 7.2).
  if (live.pong !== undefined) {
    w.frame({ type: PONG, nonce: live.pong, ...tell(e) });
    live.pong = undefined;
  }
  if (live.ping || sender.heldUp) {
    live.ping = false;
    sender.asked = sender.top;
    live.pingAt = now;
    w.frame({ type: PING, nonce: ++live.pingNonce, ...tell(e) });
  }
  if (receiver.due || receiver.untold) {
    w.frame({ type: ACK, ...tell(e) });
  }
  if (moveDue(live, closing)) {
    w.frame(live.move!(now));
    live.move = undefined;
  }
  writeMessages(e, now, w);
  writeVolatile(e, w);
  if (closePending(closing, sender) && sender.cursor > sender.top) {
    closing.written = true;
    const { code, reason } = closing.local!;
    w.frame({ type: CLOSE, code, reason, final: sender.top });
  }
}

/** Sends again what this binding has not carried, then what is new (PROTOCOL 5.5). */
export function writeMessages({ closing, live, sender }: End, now: Time, w: Batch): void {
  for (; !w.full; sender.cursor++) {
    const fresh = sender.cursor > sender.top;
    const item = fresh ? (closing.mute ? undefined : sender.next()) : sender.held.get(sender.cursor);
    if (item ? !w.takes(item.size) : fresh) {
      break;
    }
    if (item) {
      if (fresh) {
        sender.number(item);
      }
      w.frame({ type: DATA, seq: sender.cursor, message: item.message });
    }
  }
  waiting(live, sender, now);
}

/** Notes that messages were written, if some of them are not received. */
export function waiting(live: End["live"], { peerRcv, top }: End["sender"], now: Time): void {
  if (peerRcv < top) {
    live.sentAt = Math.min(live.sentAt, now);
  }
}
