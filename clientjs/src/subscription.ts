import { Emitter, fire, type ListenOptions, type TypedTarget } from "./emitter.js";
import { DONE } from "./frame/code.js";
import type { WeftError } from "./errors.js";
import { GAP } from "./frame/message.js";
import { type Arrival, Lane } from "./lane.js";
import { ITERATOR_LIMIT } from "./limits.js";
import type { Name, PublicationOf } from "./schema.js";

/** A publication of a topic. */
export interface Publication<N = string, T = unknown> {
  name: N;
  data: T;
  /** Its place in the topic's log. */
  offset: number;
}

/**
 * Publications that are missing: from and to are the first and the last offset. Both are 0 when it is not known how
 * many: the log is another one, and empty.
 */
export interface GapEvent extends Event {
  from: number;
  to: number;
}

/** The end of a subscription that the application did not leave: code 1000 when it closed the session. */
export interface SubscriptionEndEvent extends Event {
  code: number;
  reason: string;
}

export interface SubscriptionEvents {
  /** The topic's log has moved past what was not received. */
  gap: GapEvent;
  closed: SubscriptionEndEvent;
}

/** @internal What a subscription needs of its session. */
export interface Port {
  leave(subscription: Subscription<any>): Promise<void>;
  unhandled(detail: object): void;
  schedule(): void;
}

/** What weft.subscribe answers (PROTOCOL 10.2). */
export interface Place {
  epoch: number;
  offset: number;
}

interface Reader {
  readonly buffer: Publication[];
  wake: () => void;
  /** The loop is left. */
  left: boolean;
}

/**
 * A topic that this client follows; Session.subscribe makes it. It survives reconnects, and the loss of a session: the
 * next one goes on behind the last publication that was received, or there is a gap event.
 */
export class Subscription<E = any> extends (EventTarget as new () => TypedTarget<SubscriptionEvents>) {
  readonly topic: string;
  /** The place in the topic's log: an epoch, and the offset of the last publication that was received. */
  readonly place: Readonly<Place> | undefined;
  readonly #port: Port;
  readonly #emitter = new Emitter();
  readonly #readers = new Set<Reader>();
  readonly #lane: Lane;
  /** Why it has ended; null: at the application's wish. */
  #over: WeftError | null | undefined;

  /** @internal */
  constructor(topic: string, port: Port) {
    super();
    this.topic = topic;
    this.#port = port;
    this.#lane = new Lane((a) => this.#accept(a), () => port.schedule());
  }

  /**
   * Calls the listener with the data of every publication of a name, and with the publication. Returns what takes it
   * away. What the listener returns is not awaited.
   */
  on<N extends Name<E>>(
    name: N, listener: (data: E[N], publication: Publication<N, E[N]>) => unknown, options?: ListenOptions,
  ): () => void {
    this.#lane.open(queueMicrotask);
    return this.#emitter.on(name, listener, options);
  }

  /**
   * Iterates over the publications from now on. It holds 256 at most: a loop that is slower stops the topic, and the
   * server notices. Leaving the loop unsubscribes. The loop ends with the subscription, and throws a WeftError if that
   * has a code other than 1000.
   */
  [Symbol.asyncIterator](): AsyncGenerator<PublicationOf<E>, void, undefined> {
    const reader: Reader = { buffer: [], wake: () => {}, left: false };
    const loop = this.#iterate(reader);
    const leave = loop.return.bind(loop);
    loop.return = (value) => { // a generator would let it wait for the next publication
      reader.left = true;
      reader.wake();
      return leave(value);
    };
    return loop;
  }

  async *#iterate(reader: Reader): AsyncGenerator<PublicationOf<E>, void, undefined> {
    this.#readers.add(reader);
    this.#lane.open(queueMicrotask);
    try {
      while (!reader.left && (reader.buffer[0] || this.#over === undefined)) {
        const next = reader.buffer.shift();
        if (next) {
          this.#lane.drain();
          yield next as PublicationOf<E>;
        } else {
          await new Promise<void>((wake) => (reader.wake = wake));
        }
      }
    } finally {
      this.#readers.delete(reader);
      if (!this.#readers.size) {
        void this.unsubscribe();
      }
    }
    if (this.#over && this.#over.code !== DONE) {
      throw this.#over;
    }
  }

  /** Stops following the topic. It resolves when the server has confirmed it; nothing is handled from now on. */
  unsubscribe(): Promise<void> {
    return this.#port.leave(this);
  }

  /** @internal Takes the answer to weft.subscribe. Publications may have come before it. */
  begin({ epoch, offset }: Place): void {
    if (this.place?.epoch !== epoch) {
      if (this.place && !offset) {
        // Another log took the topic's place and is empty: it has no gap to send, but something is missing.
        fire(this, "gap", { from: 0, to: 0 });
      }
      this.#reach(epoch, offset);
    }
    this.#lane.open(setTimeout);
  }

  /** @internal */
  push(a: Arrival): void {
    const { kind, epoch, offset, to } = a.message;
    if (kind !== GAP && this.place && this.place.epoch !== epoch) {
      fire(this, "gap", { from: 0, to: 0 }); // it has come before begin, which would have told
    }
    this.#reach(epoch!, kind === GAP ? to! : offset!);
    this.#lane.push(a);
  }

  #reach(epoch: number, offset: number): void {
    (this as { place?: Place }).place = { epoch, offset };
  }

  /** @internal Ends it; null: at the application's wish. */
  end(error: WeftError | null): void {
    this.#over = error;
    this.#lane.open(queueMicrotask);
    for (const reader of this.#readers) {
      reader.wake();
    }
    if (error) {
      fire(this, "closed", { code: error.code, reason: error.message });
    }
  }

  #accept({ message: { kind, name, offset, to }, data }: Arrival): boolean {
    if (this.#over === null) {
      return true;
    }
    if (kind === GAP) {
      fire(this, "gap", { from: offset, to });
      return true;
    }
    // What is left when the session has ended is held whatever its number: there is nobody to slow down.
    const full = [...this.#readers].some(({ buffer }) => buffer.length >= ITERATOR_LIMIT);
    if (full && !this.#over) {
      return false;
    }
    const publication = { name: name!, data, offset: offset! };
    for (const reader of this.#readers) {
      reader.buffer.push(publication);
      reader.wake();
    }
    if (!this.#emitter.emit(name!, data, publication) && !this.#readers.size) {
      this.#port.unhandled({ topic: this.topic, ...publication });
    }
    return true;
  }
}
