import type { Over } from "./core/core.js";
import { Item } from "./core/item.js";
import type { SendError } from "./core/send.js";
import type { Decision } from "./decision.js";
import { Deferred } from "./deferred.js";
import { clock, Driver } from "./driver.js";
import { Emitter, fire, type ListenOptions, type TypedTarget } from "./emitter.js";
import { WeftError } from "./errors.js";
import { BAD_PROTOCOL, classOf, DONE, type FrameError, RATE_LIMITED, TIMEOUT } from "./frame/code.js";
import { CANCEL, ERROR, EVENT, GAP, type Message, PUBLICATION, REPLY, REQUEST } from "./frame/message.js";
import { type HandlerContext, Handlers } from "./handlers.js";
import { type Arrival, Lane } from "./lane.js";
import { CLOSE_TIMEOUT } from "./limits.js";
import type { Setup } from "./link.js";
import { decode, encode } from "./payload.js";
import type { Kind } from "./plan.js";
import type {
  AnySchema, Arguments, Calls as CallsOf, EventsIn, EventsOut, Handlers as HandlersOf, Input, Name, Output, Topics,
} from "./schema.js";
import { Subscription } from "./subscription.js";

/**
 * What a session is doing: opening one; connected; without a connection, on the way back; ending, when what was sent
 * has been handled; ended.
 */
export type State = "connecting" | "open" | "detached" | "closing" | "closed";

/** A message that is not known to have been handled. */
export interface Unconfirmed {
  kind: "emit" | "call";
  name: string;
  data: unknown;
  /** It was on its way, and may have been handled; otherwise it never left. */
  sent: boolean;
}

/** How a session ended. */
export interface Ending {
  /** A code of PROTOCOL.md section 12; 1000 after close. */
  code: number;
  reason: string;
  /** In the order in which they were sent. */
  unconfirmed: Unconfirmed[];
}

export interface EndEvent extends Event, Ending {}

/** A message that nobody listened to: a direct event, or a publication of topic. */
export interface UnhandledEvent extends Event {
  name: string;
  data: unknown;
  topic?: string;
  offset?: number;
}

export interface SessionEvents {
  /** state changed. */
  statechange: Event;
  /** transport changed. */
  transportchange: Event;
  /** The session was lost, and another one is being opened; topics are followed again. */
  lost: EndEvent;
  unhandled: UnhandledEvent;
  /** The session has ended, and no other follows. */
  closed: EndEvent;
}

export interface SignalOptions {
  /** Takes the message back when it aborts; the promise is rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface CallOptions extends SignalOptions {
  /** Milliseconds after which the call is taken back and rejected with code 4408. Default: none. */
  timeout?: number | undefined;
}

export interface VolatileOptions {
  /** What the value is the latest of: 1 to 255 bytes. Default: the name. */
  key?: string | undefined;
}

export interface SubscribeOptions extends SignalOptions {
  /** How many publications before the log's end to begin with. Default: 0. */
  history?: number | undefined;
}

/** A session with a server. connect makes it. */
export class Session<S = AnySchema> extends (EventTarget as new () => TypedTarget<SessionEvents>) {
  /** What the session is doing; the event `statechange` tells when it changes. */
  readonly state: State = "connecting";
  /** What carries it now, if anything does; the event `transportchange` tells when it changes. */
  readonly transport: Kind | undefined;

  readonly #end = new Deferred<Ending>();
  /** Resolves when the session has ended for good. */
  readonly closed = this.#end.promise;

  readonly #driver: Driver;
  readonly #events = new Emitter();
  readonly #schedule = (): void => this.#driver.schedule();
  readonly #handlers = new Handlers(this.#schedule);
  readonly #lane = new Lane((a) => this.#accept(a), this.#schedule);
  /** Calls that have no answer yet, by id. */
  readonly #calls = new Map<number, Sent>();
  readonly #topics = new Map<string, Subscription<any>>();
  /** Topics that are being left: their next subscription waits. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** Ends the listening to the page's events. */
  readonly #page = new AbortController();
  #ready = new Deferred<void>();
  #closeAt = Infinity;

  /** @internal */
  constructor(setup: Setup) {
    super();
    this.#driver = new Driver(setup, {
      moved: (kind) => this.#moved(kind),
      message: (message, seq) => this.#message(message, seq),
      latest: (message, key) => this.#lane.hold(key, this.#arrival(message, 0)),
      over: (over) => this.#over(over),
      settled: (now) => this.#settled(now),
    });
    this.#driver.start();
    // What a page is told of its network and of its own sleep (PROTOCOL 13.5, 13.7). Those of the document are caught on
    // their way down, since not all of them bubble. A page that is shown for the first time tells nothing. A change of what
    // the browser has measured need not be another network.
    const told = ({ type, persisted }: Event & { persisted?: boolean }): void => {
      if (/freeze|hide/.test(type)) {
        this.#driver.rest();
      } else if (type !== "pageshow" || persisted) {
        this.#driver.wake(!!persisted || /online|resume/.test(type));
      }
    };
    const options = { capture: true, signal: this.#page.signal };
    for (const type of ["online", "offline", "pageshow", "pagehide", "visibilitychange", "freeze", "resume"]) {
      globalThis.addEventListener?.(type, told, options);
    }
    (globalThis.navigator as { connection?: EventTarget } | undefined)?.connection?.addEventListener?.("change", told, options);
  }

  /** The smoothed round trip in milliseconds; 0 when it is not known yet. */
  get rtt(): number {
    return this.#driver.rtt;
  }

  /** How the session finds its transport: what happened, was done and decided, the oldest first, at most 64 entries. */
  get decisions(): readonly Decision[] {
    return this.#driver.decisions;
  }

  /**
   * Resolves when there is a session; after a loss, when there is the next one. Rejects with a WeftError when the
   * server refuses for good, or the session is closed before.
   */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Calls the listener with the data of every direct event of a name. Returns what takes it away. What the listener
   * returns is not awaited. Events that came before the first listener are kept for it. Volatile ones come here, too.
   */
  on<N extends Name<EventsIn<S>>>(
    name: N, listener: (data: EventsIn<S>[N]) => unknown, options?: ListenOptions,
  ): () => void {
    this.#lane.open(queueMicrotask);
    return this.#events.on(name, listener, options);
  }

  /** Answers the server's calls of a name. Returns what takes the handler away; another one replaces it. */
  handle<N extends Name<HandlersOf<S>>>(
    name: N,
    handler: (
      input: Input<HandlersOf<S>[N]>, context: HandlerContext,
    ) => Output<HandlersOf<S>[N]> | PromiseLike<Output<HandlersOf<S>[N]>>,
  ): () => void {
    this.#lane.open(queueMicrotask);
    return this.#handlers.set(name, handler);
  }

  /**
   * Sends an event. Resolves when the server has handled it, whatever came of that. Rejects with a WeftError: 4429 when
   * too much waits to be sent, 4413 when it is too large, the session's code when that is lost or closed. A signal
   * takes it back if it has not left yet.
   */
  emit<N extends Name<EventsOut<S>>>(name: N, ...args: Arguments<EventsOut<S>[N], SignalOptions>): Promise<void>;
  emit(name: string, data?: unknown, options?: SignalOptions): Promise<unknown> {
    return this.#send({ kind: EVENT, name }, data, options);
  }

  /**
   * Sends the latest value of something that changes often: a cursor, a position. It never waits, and is outside the order
   * of everything else: it takes the place of the value of the same key that has not left yet, and what is on its way may
   * get lost with its connection. Returns whether it was taken: not so without a connection. Throws a WeftError: 4413 when
   * it is too large, 4400 when the name or the key cannot be sent.
   */
  volatile<N extends Name<EventsOut<S>>>(name: N, ...args: Arguments<EventsOut<S>[N], VolatileOptions>): boolean;
  volatile(name: string, data?: unknown, { key = name }: VolatileOptions = {}): boolean {
    try {
      this.#driver.core.sendVolatile(key, new Item({ kind: EVENT, name, ...encode(data) }));
    } catch (e) {
      const { code, why, message } = e as FrameError & SendError;
      if (why) {
        return false;
      }
      throw code ? new WeftError(code, message) : e;
    }
    this.#schedule();
    return true;
  }

  /**
   * Calls the server and resolves to what it answers. Rejects with a WeftError: the server's code, 4408 after timeout,
   * and those of emit. A signal takes the call back: the server's handler is told.
   */
  call<N extends Name<CallsOf<S>>>(
    name: N, ...args: Arguments<Input<CallsOf<S>[N]>, CallOptions>
  ): Promise<Output<CallsOf<S>[N]>>;
  call(name: string, data?: unknown, options?: CallOptions): Promise<any> {
    return this.#send({ kind: REQUEST, name, id: this.#driver.core.nextId() }, data, options);
  }

  /**
   * Follows a topic. Rejects with a WeftError when the server does not allow it (4403), or the topic is followed
   * already (4400).
   */
  async subscribe<T extends Name<Topics<S>>>(
    topic: T, options: SubscribeOptions = {},
  ): Promise<Subscription<Topics<S>[T]>> {
    await this.#leaving.get(topic);
    if (this.#topics.has(topic)) {
      throw new WeftError(BAD_PROTOCOL, "already subscribed");
    }
    const subscription = new Subscription<any>(topic, {
      leave: (s) => this.#leave(s, null),
      unhandled: (detail) => fire(this, "unhandled", detail),
      schedule: this.#schedule,
    });
    this.#topics.set(topic, subscription);
    await this.#join(subscription, options);
    return subscription;
  }

  /**
   * Ends the session when what was sent has been handled, after 10 s at most (timeout, in milliseconds). Resolves when
   * it has ended.
   */
  async close({ timeout = CLOSE_TIMEOUT }: { timeout?: number } = {}): Promise<void> {
    if (this.state !== "closed") {
      this.#driver.core.close(DONE, "done");
      this.#closeAt = clock() + timeout;
      this.#move("closing", this.transport);
      this.#schedule();
    }
    await this.closed;
  }

  /**
   * Keeps the session on one kind of transport; null lifts it. One that does not work leaves the session without a
   * connection. It throws a TypeError when there is no such kind.
   */
  force(kind: Kind | null): void {
    this.#driver.force(kind);
  }

  /** Cuts the current connection, as a network would; the session resumes. It is meant for trying things out. */
  drop(): void {
    this.#driver.cut();
  }

  /** Gives up what has taken too long; what waited for the core goes on. */
  #settled(now: number): number {
    this.#lane.drain();
    if (now >= this.#closeAt) {
      this.#driver.core.abort(DONE, "done");
    }
    let next = this.#closeAt;
    for (const call of this.#calls.values()) {
      if (now >= call.until) {
        call.giveUp(new WeftError(TIMEOUT, "timeout"));
      } else {
        next = Math.min(next, call.until);
      }
    }
    return next;
  }

  #moved(kind?: Kind): void {
    if (kind) {
      this.#ready.resolve();
      this.#lane.open(setTimeout);
    }
    this.#move(kind ? "open" : "detached", kind);
  }

  #move(state: State, transport?: Kind): void {
    if (this.state === "closing" && state !== "closed") {
      state = "closing";
    }
    const before = { ...this };
    Object.assign(this, { state, transport });
    if (state !== before.state) {
      fire(this, "statechange");
    }
    if (transport !== before.transport) {
      fire(this, "transportchange");
    }
  }

  #arrival(message: Message, seq: number): Arrival {
    return { core: this.#driver.core, seq, message, data: decode(message) };
  }

  #message(message: Message, seq: number): void {
    const a = this.#arrival(message, seq);
    const call = this.#calls.get(message.id!);
    switch (message.kind) {
      case PUBLICATION:
      case GAP: {
        const subscription = this.#topics.get(message.topic!);
        if (subscription) {
          subscription.push(a);
        } else {
          a.core.consumed(seq); // it was on its way when the topic was left
        }
        break;
      }
      case REPLY:
        call?.resolve(a.data);
        break;
      case ERROR:
        call?.reject(new WeftError(message.code!, message.text!));
        break;
      case CANCEL:
        this.#handlers.cancel(message);
        break;
      case REQUEST:
      case EVENT:
        this.#lane.push(a);
    }
  }

  /** Handles a direct message. */
  #accept(a: Arrival): boolean {
    const { message: { kind, name }, data } = a;
    if (kind === REQUEST) {
      return this.#handlers.start(a);
    }
    if (!this.#events.emit(name!, data)) {
      fire(this, "unhandled", { name, data });
    }
    return true;
  }

  /** Sends an event or a request, and waits for what becomes of it. */
  async #send(
    message: Pick<Message, "kind" | "name" | "id">, data: unknown, { signal, timeout = Infinity }: CallOptions = {},
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const { core } = this.#driver;
    const id = message.id!;
    const giveUp = (reason: unknown): void => {
      if (id) {
        core.cancel(id);
        this.#calls.delete(id);
      } else {
        core.sender.queue.remove(({ tag }) => tag === sent);
      }
      this.#schedule();
      sent.reject(reason);
    };
    const payload = encode(data);
    const sent: Sent = Object.assign(new Deferred<unknown>(), { data, until: clock() + timeout, giveUp });
    try {
      core.send(new Item({ ...message, ...payload }, sent));
    } catch (e) {
      const { code, why, message } = e as FrameError & SendError;
      throw new WeftError(code ?? (why === "full" ? RATE_LIMITED : (core.over?.code ?? DONE)), message);
    }
    this.#schedule();
    if (id) {
      this.#calls.set(id, sent);
    }
    const abort = (): void => giveUp(signal!.reason);
    signal?.addEventListener("abort", abort);
    try {
      return await sent.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      if (core === this.#driver.core) {
        this.#calls.delete(id);
      }
    }
  }

  /** A request of the protocol's own. */
  #request(what: string, data: object, options?: SignalOptions): Promise<any> {
    return (this as unknown as Session).call(RESERVED + what, data, options);
  }

  /** Follows a topic from where it was left in the session before, if there was one. */
  async #join(subscription: Subscription<any>, options: SubscribeOptions): Promise<void> {
    const { topic, place } = subscription;
    const { core } = this.#driver;
    try {
      subscription.begin(await this.#request("subscribe", { topic, history: options.history, ...place }, options));
    } catch (e) {
      // If this session was lost too, the next one tries again. Otherwise it may have been allowed meanwhile.
      if (!place || core === this.#driver.core) {
        void this.#leave(subscription, e as WeftError);
      }
      throw e;
    }
  }

  async #leave(subscription: Subscription<any>, error: WeftError | null): Promise<void> {
    const { topic } = subscription;
    if (this.#topics.get(topic) === subscription) {
      this.#topics.delete(topic);
      subscription.end(error);
      const left = this.#request("unsubscribe", { topic })
        .catch(() => {}) // the session is gone, and the subscription with it
        .then(() => void this.#leaving.delete(topic));
      this.#leaving.set(topic, left);
    }
    await this.#leaving.get(topic);
  }

  /** The session has ended: another one follows unless the code, or the application, says no (PROTOCOL 12.2, 12.3). */
  #over({ code, reason }: Over): void {
    const { items, sent } = this.#driver.core.unconfirmed();
    const error = new WeftError(code, reason);
    const ending: Ending = { code, reason, unconfirmed: [] };
    items.forEach(({ message, tag }, i) => {
      const { kind, name } = message;
      const { data, reject } = tag as Sent;
      reject(error);
      if (!name!.startsWith(RESERVED)) { // else it is nothing that the application sent
        ending.unconfirmed.push({ kind: kind === EVENT ? "emit" : "call", name: name!, data, sent: i < sent });
      }
    });
    for (const call of this.#calls.values()) {
      call.reject(error); // also those that were started and not answered
    }
    this.#calls.clear();
    this.#handlers.abortAll();
    const what = classOf(code);
    if (this.state === "closing" || what === "final" || what === "superseded") {
      this.#finish(ending, error);
    } else {
      this.#restart(ending);
    }
  }

  #restart(ending: Ending): void {
    if (this.state !== "connecting") {
      this.#ready = new Deferred();
    }
    this.#driver.start();
    for (const subscription of this.#topics.values()) {
      if (subscription.place) {
        this.#join(subscription, {}).catch(() => {}); // its own event has told
      }
    }
    this.#move("connecting");
    fire(this, "lost", ending);
  }

  #finish(ending: Ending, error: WeftError): void {
    this.#page.abort();
    for (const subscription of this.#topics.values()) {
      subscription.end(error);
    }
    this.#topics.clear();
    this.#ready.reject(error);
    this.#move("closed");
    this.#end.resolve(ending);
    fire(this, "closed", ending);
  }
}

/** What the names of the protocol's own requests begin with. */
const RESERVED = "weft.";

/** The tag of an event or a request. */
interface Sent extends Deferred<unknown> {
  readonly data: unknown;
  /** In milliseconds of the driver's clock. */
  readonly until: number;
  /** Takes it back, and rejects it. */
  readonly giveUp: (reason: unknown) => void;
}
