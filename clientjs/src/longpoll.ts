import { POLLS } from "./kind.js";
import { PAUSE, TRIES } from "./limits.js";
import { PostLink, sleep } from "./post.js";

/** One POST waits for what the server says, another brings what the client says (PROTOCOL 11.1 to 11.6). */
export class LongPollLink extends PostLink {
  readonly kind = POLLS;
  /** The number of the last poll, and whether its answer came. The first batch's answer is poll number 0. */
  #number = 0;
  #answered = true;

  protected get door(): string {
    return this.host.core.session ? "poll" : "session";
  }

  override async poll(): Promise<void> {
    while (!this.gone) {
      const answer = await this.tried(TRIES, () => this.#next());
      this.received(answer);
      if (!answer?.length) {
        await sleep(PAUSE);
      }
    }
  }

  /** A number is 2 greater when the answer before did not come: the server tells again what it told there. */
  async #next(): Promise<Uint8Array> {
    const { core, hold } = this.host;
    const { rcv, ack } = core.answer();
    const asked = hold.ms < Infinity ? `&hold=${hold.ms}` : "";
    const began = performance.now();
    this.#number += this.#answered ? 1 : 2;
    this.#answered = false;
    let cut = true;
    try {
      const answer = await this.post(`poll?att=${core.att}&poll=${this.#number}&rcv=${rcv}&ack=${ack}${asked}`);
      this.#answered = true;
      return answer;
    } catch (e) {
      cut = !(e instanceof Response) || e.status === 504; // what else a proxy answers has nothing to do with holding
      throw e;
    } finally {
      if (!this.gone && cut) {
        hold.took(performance.now() - began, this.#answered);
      }
    }
  }
}
