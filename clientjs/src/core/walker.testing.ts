import assert from "node:assert/strict";

import { binary } from "../frame/binary.js";
import { FrameError } from "../frame/code.js";
import { ATTACH, DATA, VOLATILE } from "../frame/frame.js";
import { REQUEST } from "../frame/message.js";
import { Writer } from "../frame/writer.js";
import { Client, CLIENT_DEFAULTS } from "./client.js";
import type { Config, Effect, Time } from "./core.js";
import type { Cursor } from "./cursor.js";
import { check } from "./invariants.js";
import { Item } from "./item.js";
import { Log } from "./log.js";
import { describe, stateOf, words } from "./outcome.testing.js";
import { SendError } from "./send.js";
import { Server, SERVER_DEFAULTS } from "./server.js";
import { expandFrame, expandMessage, shortenFrame } from "./shorthand.testing.js";
import type { Trace } from "./trace.testing.js";

function configure<C extends Config>(defaults: C, overrides: string): C {
  const config = { ...defaults };
  for (const override of overrides.split(" ").filter((s) => s)) {
    const [key, value] = override.split("=") as [string, string];
    const [messages, bytes] = value.split("/").map(Number) as [number, number];
    Object.assign(config, { [key]: value.includes("/") ? { messages, bytes } : messages });
  }
  return config;
}

/** Plays the steps of a trace. */
export class Walker {
  readonly #client: Client;
  readonly #server: Server;
  readonly end: Client | Server;
  readonly #logs = new Map<string, Log>();
  readonly #cursors = new Map<string, Cursor>();
  readonly #out = new Writer();
  #now: Time = 0;
  /** What the step brought out. */
  #lines: string[] = [];
  #effects: Effect[] = [];

  constructor({ role, config }: Trace) {
    this.#client = new Client(configure(CLIENT_DEFAULTS, config), new Uint8Array(16));
    this.#server = new Server(configure(SERVER_DEFAULTS, config));
    assert.match(role, /^(client|server)$/);
    this.end = role === "client" ? this.#client : this.#server;
  }

  step(step: string): string[] {
    const [sign, verb = "", ...args] = step.split(" ");
    if (sign === "@") {
      this.#now = Number(verb);
      return [step];
    }
    if (sign === "=") {
      return [words("=", verb, stateOf(this.end, verb))];
    }
    this.#lines = [];
    this.#effects = [];
    this.#play(verb, args, step.slice(step.indexOf("{")));
    this.#effects.forEach((effect) => this.#lines.push(describe(effect)));
    this.#writeFrames();
    assert.equal(check(this.end), "", step);
    return [step, ...this.#lines.map((line) => `< ${line}`)];
  }

  #play(verb: string, args: string[], text: string): void {
    try {
      const act = this.#common(verb, args, text) ?? this.#asClient(verb, args) ?? this.#asServer(verb, args, text);
      assert(act, `unknown event ${verb}`);
      act();
    } catch (err) {
      if (!(err instanceof FrameError || err instanceof SendError)) {
        throw err;
      }
      this.#lines.push(words("error", err instanceof FrameError ? err.code : err.why));
    }
  }

  #writeFrames(): void {
    for (const frame of binary.decode(this.#out.take(), 1 << 24)) {
      this.#lines.push(JSON.stringify(shortenFrame(frame)));
    }
  }

  #common(verb: string, args: string[], text: string): (() => void) | undefined {
    const end = this.end;
    const now = this.#now;
    const n = Number(args[0]);
    const rest = args.slice(1).join(" ");
    switch (verb) {
      case "frame":
      case "post":
        return () => this.#receive(n, text, verb === "post");
      case "batch":
        return () => this.#batch(n);
      case "send":
        return () => this.#send(args[0]!, text);
      case "volatile":
        return () => end.sendVolatile(args[0]!, new Item(expandMessage(JSON.parse(text))));
      case "cancel":
        return () => {
          const item = end.cancel(n);
          if (item) {
            this.#lines.push(words("removed", item.tag));
          }
        };
      case "start":
        return () => end.start();
      case "consumed":
        return () => end.consumed(n);
      case "starved":
        return () => end.starved();
      case "lost":
        return () => end.lost(now, n);
      case "heard":
        return () => end.heard(now, n);
      case "close":
        return () => end.close(n, rest);
      case "abort":
        return () => end.abort(n, rest);
      case "tick":
        return () => end.tick(now, this.#effects);
    }
    return undefined;
  }

  #asClient(verb: string, args: string[]): (() => void) | undefined {
    const pulled = args[0] === "poll";
    switch (verb) {
      case "open":
        return () => {
          this.#lines.push(words("binding", this.#client.open(this.#now, pulled, binary, this.#out)));
        };
      case "posted":
        return () => this.#client.posted(this.#now, Number(args[0]));
      case "answered":
        return () => this.#client.answered(Number(args[0]));
      case "wake":
        return () => this.#client.wake(this.#now);
      case "expire":
        return () => void (this.#client.expires = true);
      case "leave":
        return () => this.#client.leave(Number(args[0]), args.slice(1).join(" "));
      case "hold":
      case "release":
        return () => void (this.#client.sender.hold = verb === "hold");
    }
    return undefined;
  }

  #asServer(verb: string, args: string[], text: string): (() => void) | undefined {
    const server = this.#server;
    const pulled = args[0] === "poll";
    const [n = 0, rcv = 0, ack = 0] = args.map(Number);
    const opening = { sid: new Uint8Array(16), gen: 0, extras: new Map<string, string>() };
    switch (verb) {
      case "hello":
        return () => {
          const token = new Uint8Array(32);
          this.#lines.push(words("binding", server.hello(this.#now, pulled, { ...opening, token })));
        };
      case "attach":
        return () => {
          const f = expandFrame(JSON.parse(text));
          assert(f.type === ATTACH);
          const b = server.attach(this.#now, pulled, f, { ...opening, token: undefined }, this.#effects);
          this.#lines.push(words("binding", b));
        };
      case "token-used":
        return () => server.tokenUsed();
      case "poll":
        return () => {
          if (!server.poll(this.#now, n, rcv, ack, args[3] === "again", this.#effects)) {
            this.#lines.push("stop");
          }
        };
      case "move":
        return () => server.move(this.#now, n, args[1]!);
      case "poll-done":
        return () => server.pollDone(this.#now, n);
      case "answer":
        return () => {
          const { rcv, ack } = server.answer();
          this.#lines.push(words("rcv", rcv, "ack", ack));
        };
    }
    return this.#withTopics(verb, args);
  }

  #withTopics(verb: string, [topic = "", ...args]: string[]): (() => void) | undefined {
    const log = (): Log => this.#logs.get(topic)!;
    const n = Number(args[0]);
    switch (verb) {
      case "log":
        return () => {
          const [epoch = 1, publications = 1000, bytes = 1 << 20, age = Infinity] = args.map(Number);
          this.#logs.set(topic, new Log(topic, epoch, { publications, bytes, age }));
        };
      case "publish":
        return () => {
          const payload = new Uint8Array(0);
          log().append(this.#now, { name: args[0]!, codec: 0, payload });
          const cursor = this.#cursors.get(topic);
          if (cursor) {
            this.#server.mark(cursor, log().last);
          }
        };
      case "subscribe":
        return () => {
          const { epoch, last } = log();
          this.#cursors.set(topic, this.#server.subscribe(topic, epoch, log(), n, last, args[1] === "stale"));
        };
      case "unsubscribe":
        return () => this.#server.unsubscribe(this.#cursors.get(topic)!);
    }
    return undefined;
  }

  #receive(b: number, text: string, post: boolean): void {
    const frame = expandFrame(JSON.parse(text));
    const more = this.end.receive(this.#now, b, frame, post, this.#effects);
    for (const effect of this.#effects) {
      if (effect.kind === "deliver" || effect.kind === "resolve" || effect.kind === "volatile") {
        assert((frame.type === DATA || frame.type === VOLATILE) && effect.message === frame.message);
      }
    }
    if (!more) {
      this.#lines.push("stop");
    }
  }

  #batch(b: number): void {
    const pending = this.end.pending();
    this.end.batch(this.#now, b, binary, this.#out);
    assert.equal(this.#out.length > 0, pending && b === this.end.current, "pending");
  }

  #send(tag: string, text: string): void {
    const message = expandMessage(JSON.parse(text));
    if (message.kind === REQUEST) {
      assert.equal(this.end.nextId(), message.id);
    }
    this.end.send(new Item(message, tag === "-" ? undefined : tag));
  }
}
