import assert from "node:assert/strict";

import { binary } from "../frame/binary.js";
import { ATTACH, HELLO } from "../frame/frame.js";
import { CODEC_BYTES, EVENT, REPLY, REQUEST } from "../frame/message.js";
import { Writer } from "../frame/writer.js";
import { Client, CLIENT_DEFAULTS } from "./client.js";
import type { Config, Effect } from "./core.js";
import { check } from "./invariants.js";
import { Item } from "./item.js";
import { Server, SERVER_DEFAULTS, type ServerConfig } from "./server.js";

const MAX_FRAME = 1 << 20;

export type Side = "client" | "server";
export const other = (side: Side): Side => (side === "client" ? "server" : "client");

const fill = (n: number): Uint8Array => new Uint8Array(n);
export const event = (name: string, bytes = 0): Item =>
  new Item({ kind: EVENT, codec: CODEC_BYTES, name, payload: fill(bytes) }, name);
export const request = (id: number, name: string): Item =>
  new Item({ kind: REQUEST, codec: CODEC_BYTES, id, name, payload: fill(0) }, name);
export const reply = (id: number, bytes = 0): Item =>
  new Item({ kind: REPLY, codec: CODEC_BYTES, id, payload: fill(bytes) });

/** Both ends of a session, and one stream at a time between them. */
export class Pair {
  readonly client: Client;
  readonly server: Server;
  /** What came out of each end and was not looked at. */
  readonly effects: Record<Side, Effect[]> = { client: [], server: [] };
  now = 1;

  constructor(client: Partial<Config> = {}, server: Partial<ServerConfig> = {}) {
    this.client = new Client({ ...CLIENT_DEFAULTS, ...client }, fill(16));
    this.server = new Server({ ...SERVER_DEFAULTS, ...server });
  }

  /** Opens a connection, and carries what goes over it. */
  connect(): void {
    const out = new Writer();
    this.client.open(this.now, false, binary, out);
    const [first, ...rest] = binary.decode(out.take(), MAX_FRAME);
    const opening = { sid: fill(16), gen: 0, extras: new Map<string, string>(), token: undefined };
    assert(first?.type === HELLO || first?.type === ATTACH);
    const b =
      first.type === HELLO
        ? this.server.hello(this.now, false, { ...opening, token: fill(32) })
        : this.server.attach(this.now, false, first, opening, this.effects.server);
    for (const f of rest) {
      this.server.receive(this.now, b, f, false, this.effects.server);
    }
    this.settle();
  }

  /** The connection dies. */
  cut(): void {
    this.client.lost(this.now, this.client.outstanding);
    this.client.lost(this.now, this.client.current);
    this.server.lost(this.now, this.server.current);
    this.check();
  }

  /** Carries batches both ways until neither end has anything to say. */
  settle(): void {
    while (this.move("server") || this.move("client")) {
      this.check();
    }
  }

  /** Carries one batch from one end to the other; lost: it does not arrive. */
  move(from: Side, lost = false): boolean {
    const batch = this.write(from);
    const to = other(from);
    const b = (to === "client" && this.client.outstanding) || this[to].current;
    if (!lost) {
      for (const f of binary.decode(batch, MAX_FRAME)) {
        if (!this[to].receive(this.now, b, f, false, this.effects[to])) {
          break;
        }
      }
    }
    return batch.length > 0;
  }

  write(from: Side): Uint8Array {
    const out = new Writer();
    this[from].batch(this.now, this[from].current, binary, out);
    return out.take();
  }

  /** Takes the effects of an end. */
  take(side: Side): Effect[] {
    return this.effects[side].splice(0);
  }

  /** Takes what an end was given to deliver, and consumes it. */
  consume(side: Side): string[] {
    const names: string[] = [];
    for (const e of this.take(side)) {
      if (e.kind === "deliver") {
        this[side].consumed(e.seq);
        names.push(e.message.name!);
      }
    }
    return names;
  }

  check(): void {
    assert.equal(check(this.client), "");
    assert.equal(check(this.server), "");
  }
}
