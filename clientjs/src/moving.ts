import { Latest } from "./core/latest.js";
import type { Driver } from "./driver.js";
import type { Unconfirmed } from "./events.js";
import { DRAINING } from "./frame/code.js";
import { CLOSE_TIMEOUT, LAST_WORD, LONGEST_MOVE } from "./limits.js";
import { mountAt, type Setup } from "./link.js";
import { recall } from "./memory.js";

/** What a server's wish has set going: that the next session is opened elsewhere (PROTOCOL 18). */
export class Move {
  next: Driver | undefined;
  /** When the old session is ended, whatever it still has; 0: it is not being closed. */
  by = 0;
  /** What came before the next session is the current one. */
  readonly early: (() => void)[] = [];
  /** And what came so outside the sequence. */
  readonly latest = new Latest();
  /** What the next session left, if it ended before that. */
  left: Unconfirmed[] = [];
  /** When it is, if it has no connection and nothing to say: then the server's last word may be missing. */
  #word = Infinity;
  readonly #setup: Setup;
  /** When the next session is opened. */
  readonly #at: number;
  /** How long the answers of calls are waited for. */
  readonly #until: number;

  /** Throws when the session cannot go there. */
  constructor(home: Setup, mount: string, url: string, within: number, now: number) {
    const to = url ? mountAt(url, mount) : home.mount;
    if (!/^https?:/.test(to) || (/^https/.test(mount) && !/^https/.test(to))) {
      throw new TypeError(`weft: not to ${to}`);
    }
    // What was learnt of the network is true there, too; where WebTransport is, is not, nor is it to be kept.
    const { networks } = recall(home);
    networks.forEach((n) => delete n.place);
    const known = JSON.stringify({ networks });
    this.#setup = { ...home, mount: to, memory: { getItem: () => known, setItem() {} } };
    within = Math.min(within, LONGEST_MOVE);
    this.#at = now + Math.floor(Math.random() * (within + 1));
    this.#until = now + within * 1.25;
  }

  /** Does what is due, and says when something will be. unanswered: how many calls there are, either way, without an answer. */
  proceed(now: number, old: Driver, unanswered: number, open: (setup: Setup) => Driver): number {
    const { next, by } = this;
    const { core } = old;
    if (!next) {
      if (now < this.#at) {
        return this.#at;
      }
      this.next = open(this.#setup);
      this.next.core.sender.hold = true;
    } else if (by) {
      const { drained, peerAck, top } = core.sender;
      this.#word = !core.current && drained && peerAck === top ? Math.min(this.#word, now + LAST_WORD) : Infinity;
      const end = Math.min(by, this.#word);
      if (now >= end) {
        core.abort(DRAINING, "moved");
      }
      return end;
    } else if (next.core.session) {
      if (unanswered && now < this.#until) {
        return this.#until;
      }
      core.leave(DRAINING, "moved");
      this.by = now + CLOSE_TIMEOUT;
    }
    return this.by || Infinity;
  }
}
