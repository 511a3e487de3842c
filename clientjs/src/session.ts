import { Item } from "./core/item.js";
import type { SendError } from "./core/send.js";
import type { Decision } from "./decision.js";
import { Deferred } from "./deferred.js";
import { Driver } from "./driver.js";
import { Emitter, fire, type ListenOptions, type TypedTarget } from "./emitter.js";
import { WeftError } from "./errors.js";
import type { Ending, SessionEvents, State, Unconfirmed } from "./events.js";
import { classOf, DONE, type FrameError } from "./frame/code.js";
import { CANCEL, ERROR, EVENT, GAP, type Message, PUBLICATION, REPLY, REQUEST } from "./frame/message.js";
import { type HandlerContext, Handlers } from "./handlers.js";
import type { Kind } from "./kind.js";
import { type Arrival, ASIDE, Lane } from "./lane.js";
import { CLOSE_TIMEOUT } from "./limits.js";
import type { Setup } from "./link.js";
import { Move } from "./moving.js";
import type { CallOptions, SignalOptions, SubscribeOptions, VolatileOptions } from "./options.js";
import { listen } from "./page.js";
import { decode, encode } from "./payload.js";
import type {
  AnySchema, Arguments, Calls as CallsOf, EventsIn, EventsOut, Handlers as HandlersOf, Input, Name, Output,
  Topics as TopicsOf,
} from "./schema.js";
import type { Subscription } from "./subscription.js";
import { clock } from "./timer.js";
import { Topics } from "./topics.js";

/** A session with a server. connect makes it. */
export class Session<S = AnySchema> extends (EventTarget as new () => TypedTarget<SessionEvents>) {
  /** What the session is doing; the event `statechange` tells when it changes. */
  readonly state: State = "connecting";
  /** What carries it now, if anything does; the event `transportchange` tells when it changes. */
  readonly transport: Kind | undefined;

  readonly #end = new Deferred<Ending>();
  /** Resolves when the session has ended for good. */
  readonly closed = this.#end.promise;

  readonly #home: Setup;
  #driver: Driver;
  #moving: Move | undefined;
  #forced: Kind | null = null;
  readonly #events = new Emitter();
  readonly #schedule = (): void => this.#drivers.forEach((driver) => driver.schedule());
  readonly #handlers = new Handlers(this.#schedule);
  readonly #lane = new Lane((a) => this.#accept(a), this.#schedule);
  readonly #topics = new Topics({
    sending: () => this.#sending,
    unhandled: (detail) => fire(this, "unhandled", detail),
    schedule: this.#schedule,
  });
  /** Ends the listening to the page's events. */
  readonly #page = new AbortController();
  #ready = new Deferred<void>();
  #closeAt = Infinity;

  /** @internal */
  constructor(setup: Setup) {
    super();
    this.#home = setup;
    this.#driver = this.#open(setup, []);
    listen(() => this.#drivers, this.#page.signal);
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
    return this.#sending.outbox.send(EVENT, name, data, options);
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
      this.#sending.core.sendVolatile(key, new Item({ kind: EVENT, name, ...encode(data) }));
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
    return this.#sending.outbox.send(REQUEST, name, data, options);
  }

  /**
   * Follows a topic. Rejects with a WeftError when the server does not allow it (4403), or the topic is followed
   * already (4400).
   */
  subscribe<T extends Name<TopicsOf<S>>>(
    topic: T, options: SubscribeOptions = {},
  ): Promise<Subscription<TopicsOf<S>[T]>> {
    return this.#topics.subscribe(topic, options);
  }

  /**
   * Ends the session when what was sent has been handled, after 10 s at most (timeout, in milliseconds). Resolves when
   * it has ended.
   */
  async close({ timeout = CLOSE_TIMEOUT }: { timeout?: number } = {}): Promise<void> {
    if (this.state !== "closed") {
      if (!this.#moving?.by) {
        this.#stay();
      }
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
    this.#drivers.forEach((driver) => driver.force(kind));
    this.#forced = kind;
  }

  /** Cuts the current connection, as a network would; the session resumes. It is meant for trying things out. */
  drop(): void {
    this.#driver.cut();
  }

  /** Opens a session. */
  #open(setup: Setup, decisions: Decision[]): Driver {
    const inTurn = (then: () => void): void => {
      if (driver === this.#driver) {
        then();
      } else {
        this.#moving?.early.push(then);
      }
    };
    const driver: Driver = new Driver(setup, {
      moved: (kind) => (driver === this.#sending ? this.#moved(kind) : this.#schedule()),
      message: (message, seq) => inTurn(() => this.#message(message, seq)),
      latest: (message, key) => {
        if (driver === this.#driver) {
          this.#latest(message, key);
        } else {
          this.#moving?.latest.put(key, new Item(message), ASIDE);
        }
      },
      asked: (url, within) => inTurn(() => this.#asked(url, within)),
      over: (ending) => this.#over(driver, ending),
      settled: (now) => (driver === this.#driver ? this.#settled(now) : Infinity),
    }, decisions);
    driver.start();
    if (this.#forced) {
      driver.force(this.#forced);
    }
    return driver;
  }

  /** That of the current session, and that of the next one, if there is one. */
  get #drivers(): Driver[] {
    const next = this.#moving?.next;
    return next ? [this.#driver, next] : [this.#driver];
  }

  /** That of the session which what is sent now belongs to. */
  get #sending(): Driver {
    return this.#moving?.by ? this.#moving.next! : this.#driver;
  }

  /** The server wants the session to go on elsewhere; it says so on every attachment. */
  #asked(url: string, within: number): void {
    if (!this.#moving && this.state !== "closing") {
      try {
        this.#moving = new Move(this.#home, this.#driver.setup.mount, url, within, clock());
      } catch {} // the session stays as long as it can
    }
  }

  /** Gives a move up, and returns what the next session leaves. */
  #stay(): Unconfirmed[] {
    const { next, left } = this.#moving ?? {};
    if (next && !next.core.over) {
      next.core.abort(DONE, "");
      next.run(() => {}); // #over adds to left
    }
    this.#moving = undefined;
    return left ?? [];
  }

  /** Does what is due of a close and of a move; what waited for the core goes on. */
  #settled(now: number): number {
    this.#lane.drain();
    if (now >= this.#closeAt) {
      this.#driver.core.abort(DONE, "done");
    }
    let next = this.#closeAt;
    if (this.#moving) {
      const unanswered = this.#driver.outbox.pending + this.#handlers.pending;
      const open = (setup: Setup): Driver => this.#open(setup, this.#driver.decisions);
      next = Math.min(next, this.#moving.proceed(now, this.#driver, unanswered, open));
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

  #latest(message: Message, key: string): void {
    this.#lane.hold(key, this.#arrival(message, 0));
  }

  #message(message: Message, seq: number): void {
    const a = this.#arrival(message, seq);
    switch (message.kind) {
      case PUBLICATION:
      case GAP:
        this.#topics.push(a);
        break;
      case REPLY:
      case ERROR:
        this.#driver.outbox.answer(message, a.data);
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

  /** A session has ended: another one follows unless the code, or the application, says no (PROTOCOL 12.2, 12.3). */
  #over(driver: Driver, ending: Ending): void {
    const moving = this.#moving;
    const next = moving?.next;
    if (driver !== this.#driver) { // it was the next one
      moving?.left.push(...ending.unconfirmed);
      if (!moving?.by) {
        this.#moving = undefined;
      }
      return;
    }
    this.#handlers.abortAll();
    const what = classOf(ending.code);
    const last = this.state === "closing" || what === "final" || what === "superseded";
    if (next?.core.session && !next.core.over && (moving!.by || !last)) {
      this.#follow(next, moving!, ending);
      return;
    }
    ending.unconfirmed.push(...this.#stay());
    if (last) {
      this.#finish(ending);
    } else {
      this.#restart(ending);
    }
  }

  /** The session goes on at another node (PROTOCOL 18.5). */
  #follow(next: Driver, { early, latest }: Move, ending: Ending): void {
    this.#moving = undefined;
    this.#driver = next;
    next.core.sender.hold = false;
    next.core.expires = next.setup.mount !== this.#home.mount;
    if (this.state === "closing") {
      next.core.close(DONE, "done");
    } else {
      this.#topics.rejoin();
    }
    this.#moved(next.kind);
    fire(this, "lost", ending);
    early.forEach((then) => then());
    for (let v; (v = latest.take()); ) {
      this.#latest(v.item.message, v.key);
    }
    next.schedule();
  }

  #restart(ending: Ending): void {
    if (this.state !== "connecting") {
      this.#ready = new Deferred();
    }
    this.#driver.start(this.#home);
    this.#topics.rejoin();
    this.#move("connecting");
    fire(this, "lost", ending);
  }

  #finish(ending: Ending): void {
    const error = new WeftError(ending.code, ending.reason);
    this.#page.abort();
    this.#topics.end(error);
    this.#ready.reject(error);
    this.#move("closed");
    this.#end.resolve(ending);
    fire(this, "closed", ending);
  }
}
