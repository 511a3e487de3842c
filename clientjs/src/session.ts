import { Calls } from "./calls.js";
import type { Over } from "./core/core.js";
import { Item } from "./core/item.js";
import { Deferred } from "./deferred.js";
import { Driver, type Owner, type Setup, type Tag } from "./driver.js";
import { Emitter, fire, type ListenOptions, type TypedTarget } from "./emitter.js";
import { refusalOf, WeftError } from "./errors.js";
import { BAD_PROTOCOL, classOf, DONE } from "./frame/code.js";
import { CANCEL, ERROR, EVENT, type Message, PUBLICATION, GAP, REPLY, REQUEST } from "./frame/message.js";
import { type HandlerContext, Handlers } from "./handlers.js";
import { type Arrival, Lane } from "./lane.js";
import { decode, encode } from "./payload.js";
import type { Kind } from "./plan.js";
import type {
  AnySchema, Arguments, Calls as CallsOf, EventsIn, EventsOut, Handlers as HandlersOf, Input, Name, Output, Topics,
} from "./schema.js";
import { type Place, Subscription } from "./subscription.js";

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

export interface SubscribeOptions extends SignalOptions {
  /** How many publications before the log's end to begin with. Default: 0. */
  history?: number | undefined;
}

/** How long close waits for what was sent to be handled, in milliseconds. */
const CLOSE_TIMEOUT = 10_000;

/** A session with a server. connect makes it. */
export class Session<S = AnySchema> extends (EventTarget as new () => TypedTarget<SessionEvents>) {
  /** Resolves when the session has ended for good. */
  readonly closed: Promise<Ending>;

  readonly #driver: Driver;
  readonly #events = new Emitter();
  readonly #handlers = new Handlers(() => this.#driver.schedule());
  readonly #calls = new Calls((id) => this.#cancel(id));
  readonly #lane = new Lane((a) => this.#accept(a), () => this.#driver.schedule());
  readonly #topics = new Map<string, Subscription<any>>();
  /** Topics that are being left: their next subscription waits. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #page = new AbortController();
  #state: State = "connecting";
  #transport: Kind | undefined;
  #ready = new Deferred<void>();
  readonly #end = new Deferred<Ending>();
  #closeAt = Infinity;

  /** @internal */
  constructor(setup: Setup, force: Kind | undefined) {
    super();
    this.closed = this.#end.promise;
    this.#ready.promise.catch(() => {});
    this.#driver = new Driver(setup, this.#owner());
    this.#driver.start();
    this.#driver.force(force);
    this.#watchPage();
  }

  /** What the session is doing; the event `statechange` tells when it changes. */
  get state(): State {
    return this.#state;
  }

  /** What carries it now, if anything does; the event `transportchange` tells when it changes. */
  get transport(): Kind | undefined {
    return this.#transport;
  }

  /** The smoothed round trip in milliseconds; 0 when it is not known yet. */
  get rtt(): number {
    return this.#driver.rtt;
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
   * returns is not awaited. Events that came before the first listener are kept for it.
   */
  on<N extends Name<EventsIn<S>>>(
    name: N, listener: (data: EventsIn<S>[N]) => unknown, options?: ListenOptions,
  ): () => void {
    this.#lane.openSoon();
    return this.#events.on(name, listener, options);
  }

  /** Answers the server's calls of a name. Returns what takes the handler away; another one replaces it. */
  handle<N extends Name<HandlersOf<S>>>(
    name: N,
    handler: (
      input: Input<HandlersOf<S>[N]>, context: HandlerContext,
    ) => Output<HandlersOf<S>[N]> | PromiseLike<Output<HandlersOf<S>[N]>>,
  ): () => void {
    this.#lane.openSoon();
    return this.#handlers.set(name, handler);
  }

  /**
   * Sends an event. Resolves when the server has handled it, whatever came of that. Rejects with a WeftError: 4429 when
   * too much waits to be sent, 4413 when it is too large, the session's code when that is lost or closed. A signal
   * takes it back if it has not left yet.
   */
  emit<N extends Name<EventsOut<S>>>(name: N, ...args: Arguments<EventsOut<S>[N], SignalOptions>): Promise<void>;
  async emit(name: string, data?: unknown, { signal }: SignalOptions = {}): Promise<void> {
    const { sender } = this.#driver.core;
    await this.#pending<void>(signal, (resolve, reject) => {
      const item = new Item({ kind: EVENT, name, ...encode(data) }, new Sent(data, resolve, reject));
      this.#send(item);
      return () => void sender.queue.remove((queued) => queued === item);
    });
  }

  /**
   * Calls the server and resolves to what it answers. Rejects with a WeftError: the server's code, 4408 after timeout,
   * and those of emit. A signal takes the call back: the server's handler is told.
   */
  call<N extends Name<CallsOf<S>>>(
    name: N, ...args: Arguments<Input<CallsOf<S>[N]>, CallOptions>
  ): Promise<Output<CallsOf<S>[N]>>;
  async call(name: string, data?: unknown, { signal, timeout = Infinity }: CallOptions = {}): Promise<unknown> {
    const { core } = this.#driver;
    return this.#pending(signal, (resolve, reject) => {
      const id = core.nextId();
      const sent = new Sent(data, () => {}, (e) => this.#calls.reject(id, e));
      this.#send(new Item({ kind: REQUEST, id, name, ...encode(data) }, sent));
      this.#calls.add(id, { resolve, reject, until: this.#driver.now + timeout });
      return (reason) => this.#calls.giveUp(id, reason);
    });
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
      throw new WeftError(BAD_PROTOCOL, `topic ${topic} is followed already`);
    }
    const subscription = new Subscription<any>(topic, {
      leave: (s) => this.#leave(s),
      unhandled: (detail) => fire(this, "unhandled", detail),
      schedule: () => this.#driver.schedule(),
    });
    this.#topics.set(topic, subscription);
    try {
      subscription.begin(await this.#request("weft.subscribe", { topic, history: options.history }, options));
    } catch (e) {
      void this.#leave(subscription); // it may have been allowed meanwhile
      throw e;
    }
    return subscription;
  }

  /**
   * Ends the session when what was sent has been handled, after 10 s at most (timeout, in milliseconds). Resolves when
   * it has ended.
   */
  async close({ timeout = CLOSE_TIMEOUT }: { timeout?: number } = {}): Promise<void> {
    this.#driver.run((now) => {
      this.#driver.core.close(DONE, "done");
      this.#closeAt = Math.min(this.#closeAt, now + timeout);
      this.#move("closing", this.#transport);
    });
    await this.closed;
  }

  /**
   * Keeps the session on one kind of transport; null lifts it. One that does not work leaves the session without a
   * connection.
   */
  force(kind: Kind | null): void {
    this.#driver.force(kind ?? undefined);
  }

  /** Cuts the current connection, as a network would; the session resumes. It is meant for trying things out. */
  drop(): void {
    this.#driver.cut();
  }

  #owner(): Owner {
    const session = this;
    return {
      moved: (kind) => this.#moved(kind),
      deliver: (seq, message) => this.#deliver(seq, message),
      resolve: (message) => this.#resolve(message),
      over: (over) => this.#over(over),
      settled: () => this.#settled(),
      tick: (now) => this.#tick(now),
      get deadline() {
        return Math.min(session.#calls.deadline, session.#closeAt);
      },
    };
  }

  #tick(now: number): void {
    this.#calls.tick(now);
    if (now >= this.#closeAt) {
      this.#closeAt = Infinity;
      this.#driver.core.abort(DONE, "done");
    }
  }

  /** Requests may wait for a slot. */
  #settled(): void {
    this.#lane.drain();
  }

  #moved(kind: Kind | undefined): void {
    if (kind) {
      this.#ready.resolve();
      this.#lane.openLater();
    }
    this.#move(this.#state === "closing" ? "closing" : kind ? "open" : "detached", kind);
  }

  #move(state: State, transport: Kind | undefined): void {
    const before = [this.#state, this.#transport];
    this.#state = state;
    this.#transport = transport;
    if (state !== before[0]) {
      fire(this, "statechange");
    }
    if (transport !== before[1]) {
      fire(this, "transportchange");
    }
  }

  #deliver(seq: number, message: Message): void {
    const { core } = this.#driver;
    const a = { core, seq, message, data: decode(message) };
    if (message.kind === PUBLICATION || message.kind === GAP) {
      const subscription = this.#topics.get(message.topic!);
      if (subscription) {
        subscription.push(a);
      } else {
        core.consumed(seq); // it was on its way when the topic was left
      }
      return;
    }
    if (message.kind === REQUEST) {
      this.#handlers.received(message);
    }
    this.#lane.push(a);
  }

  /** Handles a direct message. */
  #accept(a: Arrival): boolean {
    const { message, data } = a;
    if (message.kind === REQUEST) {
      return this.#handlers.start(a);
    }
    if (!this.#events.emit(message.name!, data)) {
      fire(this, "unhandled", { name: message.name, data });
    }
    return true;
  }

  #resolve(message: Message): void {
    switch (message.kind) {
      case REPLY:
        this.#calls.resolve(message.id!, decode(message));
        break;
      case ERROR:
        this.#calls.reject(message.id!, new WeftError(message.code!, message.text!));
        break;
      case CANCEL:
        this.#handlers.cancel(message);
    }
  }

  /** A promise that a signal rejects. begin returns what is to be done then. */
  #pending<T>(
    signal: AbortSignal | undefined,
    begin: (resolve: (value: T) => void, reject: (e: unknown) => void) => (reason: unknown) => void,
  ): Promise<T> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = new Deferred<T>();
    const giveUp = begin(resolve, reject);
    if (!signal) {
      return promise;
    }
    const abort = (): void => {
      giveUp(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort);
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  #send(item: Item): void {
    try {
      this.#driver.core.send(item);
    } catch (e) {
      throw refusalOf(e);
    }
    this.#driver.schedule();
  }

  #cancel(id: number): void {
    this.#driver.core.cancel(id);
    this.#driver.schedule();
  }

  /** A request of the protocol's own. */
  #request(name: string, data: object, options?: SignalOptions): Promise<any> {
    return (this as unknown as Session).call(name, data, options);
  }

  #leave(subscription: Subscription<any>): Promise<void> {
    const { topic } = subscription;
    if (this.#topics.get(topic) === subscription) {
      this.#topics.delete(topic);
      subscription.end();
      const left = this.#request("weft.unsubscribe", { topic }).then(
        () => {},
        () => {}, // the session is gone, and the subscription with it
      );
      this.#leaving.set(topic, left);
      void left.then(() => this.#leaving.delete(topic));
    }
    return this.#leaving.get(topic) ?? Promise.resolve();
  }

  /** The session has ended: another one follows unless the code, or the application, says no (PROTOCOL 12.2, 12.3). */
  #over({ code, reason }: Over): void {
    const { items, sent } = this.#driver.core.unconfirmed();
    const ending: Ending = { code, reason, unconfirmed: items.flatMap((item, i) => describe(item, i < sent)) };
    const error = new WeftError(code, reason);
    for (const { tag } of items) {
      (tag as Sent).refused(error);
    }
    this.#calls.rejectAll(error);
    this.#handlers.abortAll(error);
    const what = classOf(code);
    if (this.#state === "closing" || what === "final" || what === "superseded") {
      this.#finish(ending, error);
    } else {
      this.#restart(ending);
    }
  }

  #restart(ending: Ending): void {
    if (this.#state !== "connecting") {
      this.#ready = new Deferred();
      this.#ready.promise.catch(() => {});
    }
    this.#driver.start();
    for (const subscription of this.#topics.values()) {
      if (subscription.place) {
        void this.#follow(subscription, subscription.place);
      }
    }
    this.#move("connecting", undefined);
    fire(this, "lost", ending);
  }

  /** Goes on with a topic in a new session. */
  async #follow(subscription: Subscription<any>, { epoch, offset }: Place): Promise<void> {
    const { topic } = subscription;
    const { core } = this.#driver;
    try {
      subscription.begin(await this.#request("weft.subscribe", { topic, epoch, offset }));
    } catch (e) {
      // Not if this session was lost too: the next one tries again.
      if (core === this.#driver.core && this.#topics.get(topic) === subscription) {
        this.#topics.delete(topic);
        subscription.end(e as WeftError);
      }
    }
  }

  #finish(ending: Ending, error: WeftError): void {
    this.#page.abort();
    for (const subscription of this.#topics.values()) {
      subscription.end(error);
    }
    this.#topics.clear();
    this.#ready.reject(error);
    this.#move("closed", undefined);
    this.#end.resolve(ending);
    fire(this, "closed", ending);
  }

  /** What a page is told of its network and of its own sleep (PROTOCOL 13.5). */
  #watchPage(): void {
    const { signal } = this.#page;
    const { document } = globalThis;
    const watch = (target: EventTarget | undefined, type: string, listener: () => void): void =>
      target?.addEventListener?.(type, listener, { signal });
    watch(globalThis, "online", () => this.#driver.wake(true));
    watch(globalThis, "offline", () => this.#driver.wake(false));
    watch(globalThis, "pageshow", () => this.#driver.wake(false));
    watch(document, "visibilitychange", () => document.hidden || this.#driver.wake(false));
    watch(document, "resume", () => this.#driver.wake(true));
    watch(document, "freeze", () => this.#driver.cut()); // a frozen page cannot answer; the session waits
  }
}

/** The tag of an event or a call. */
class Sent implements Tag {
  readonly data: unknown;
  readonly confirmed: () => void;
  readonly refused: (error: WeftError) => void;

  constructor(data: unknown, confirmed: () => void, refused: (error: WeftError) => void) {
    this.data = data;
    this.confirmed = confirmed;
    this.refused = refused;
  }
}

/** The protocol's own requests are nothing that an application sent. */
function describe({ message: { kind, name }, tag }: Item, sent: boolean): Unconfirmed[] {
  const what = kind === EVENT ? "emit" : "call";
  return name!.startsWith("weft.") ? [] : [{ kind: what, name: name!, data: (tag as Sent).data, sent }];
}
