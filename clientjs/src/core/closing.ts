import { BAD_PROTOCOL } from "../frame/code.js";
import type { Effect, End, Over } from "./core.js";

/** The state of an end that is on its way out (PROTOCOL 9). */
export class Closing {
  /** This end closes gracefully: how the session will have ended. */
  local: Over | undefined;
  /** The peer does: it will send nothing after final. */
  remote: Over | undefined;
  /** The peer's finalSeq. */
  final = 0;

  /** Client: an ATTACH is outstanding, so that what is said on the current binding may not be heard. */
  held = false;
  /** The session is over when both have closed, and each has heard of it. */
  both = false;
  /** CLOSE without finalSeq is to be written, once. */
  abort = false;
  /** The graceful CLOSE was, on the current binding. */
  written = false;
  /** The peer's word came after it. */
  heard = false;

  /** How the session will have ended, when it is closing. */
  get over(): Over | undefined {
    return this.remote ?? this.local;
  }

  /** Nothing new is sent any more. An end that closes itself still sends what is queued (PROTOCOL 9.1, 9.3). */
  get mute(): boolean {
    return !!this.remote && !this.local;
  }
}

/**
 * Ends a graceful close: when this end closes, the peer has consumed everything and has spoken since CLOSE was written
 * to it; when the peer closes, it was told, after its CLOSE, that everything is consumed (PROTOCOL 9.1, 9.3).
 */
export function settle(e: End): void {
  const { closing, sender, receiver } = e;
  const { local, remote, over } = closing;
  const ours = !local || (sender.drained && sender.peerAck === sender.top && (closing.heard || remote));
  const theirs = !remote || (receiver.told.ack >= closing.final && !receiver.due);
  if (over && !closing.held && ours && theirs && (!closing.both || (remote && closing.heard))) {
    e.end(over);
  }
}

/** Takes CLOSE with finalSeq on the current binding (PROTOCOL 9.3). */
export function receiveFinal(e: End, over: Over, final: number, out: Effect[]): boolean {
  const { closing } = e;
  if (final < e.receiver.rcv || (closing.remote && final !== closing.final)) {
    return e.fail(BAD_PROTOCOL, "wrong final number", out);
  }
  closing.remote = over;
  closing.final = final;
  checkConsumed(e);
  return true;
}

/** Makes the last ACK due when everything up to the peer's finalSeq is consumed. */
export function checkConsumed({ closing, receiver }: End): void {
  receiver.due ||= !!closing.remote && receiver.ack >= closing.final;
}
