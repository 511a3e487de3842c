import { unlessAborted } from "./deferred.js";
import type { Driver } from "./driver.js";
import { WeftError } from "./errors.js";
import { BAD_PROTOCOL } from "./frame/code.js";
import type { Arrival } from "./lane.js";
import type { SubscribeOptions } from "./options.js";
import { type Port, Subscription } from "./subscription.js";

/** What topics need of their session. */
interface Session extends Omit<Port, "leave"> {
  /** That of the session which what is sent now belongs to. */
  sending(): Driver;
}

/** The topics that an application follows, from session to session. */
export class Topics {
  readonly #session: Session;
  readonly #followed = new Map<string, Subscription<any>>();
  /** Topics that are being left: their next subscription waits. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** Those that had no answer yet when a session was lost. */
  readonly #unsettled = new Set<Subscription<any>>();

  constructor(session: Session) {
    this.#session = session;
  }

  async subscribe(topic: string, options: SubscribeOptions): Promise<Subscription<any>> {
    await unlessAborted(this.#leaving.get(topic), options.signal);
    if (this.#followed.has(topic)) {
      throw new WeftError(BAD_PROTOCOL, "already subscribed");
    }
    const subscription = new Subscription<any>(topic, { ...this.#session, leave: (s) => this.#leave(s, null) });
    this.#followed.set(topic, subscription);
    await this.#join(subscription, options);
    return subscription;
  }

  /** Hands a publication, or a gap, to its subscription. */
  push(a: Arrival): void {
    const subscription = this.#followed.get(a.message.topic!);
    if (subscription) {
      subscription.push(a);
    } else {
      a.core.consumed(a.seq); // it was on its way when the topic was left
    }
  }

  /** Follows them again, in another session. */
  rejoin(): void {
    for (const subscription of this.#followed.values()) {
      if (subscription.place) {
        this.#again(subscription);
      } else {
        this.#unsettled.add(subscription);
      }
    }
  }

  /** Ends them all. */
  end(error: WeftError): void {
    this.#followed.forEach((subscription) => subscription.end(error));
    this.#followed.clear();
  }

  /** Follows a topic from where it was left in the session before, if there was one. */
  async #join(subscription: Subscription<any>, options: SubscribeOptions): Promise<void> {
    const { topic, place } = subscription;
    const { core, outbox } = this.#session.sending();
    try {
      subscription.begin(await outbox.request("subscribe", { topic, history: options.history, ...place }, options));
      if (this.#unsettled.has(subscription) && core.over && this.#followed.get(topic) === subscription) {
        this.#again(subscription); // the answer was the last that this session said
      }
    } catch (e) {
      // If this session was lost too, the next one tries again. Otherwise it may have been allowed meanwhile.
      if (!place || !core.over) {
        void this.#leave(subscription, e as WeftError);
      }
      throw e;
    } finally {
      this.#unsettled.delete(subscription);
    }
  }

  #again(subscription: Subscription<any>): void {
    this.#join(subscription, {}).catch(() => {}); // its own event has told
  }

  async #leave(subscription: Subscription<any>, error: WeftError | null): Promise<void> {
    const { topic } = subscription;
    if (this.#followed.get(topic) === subscription) {
      this.#followed.delete(topic);
      subscription.end(error);
      const left = this.#session.sending().outbox.request("unsubscribe", { topic })
        .catch(() => {}) // the session is gone, and the subscription with it
        .then(() => void this.#leaving.delete(topic));
      this.#leaving.set(topic, left);
    }
    await this.#leaving.get(topic);
  }
}
