import type { Effect } from "./core/core.js";
import { Item } from "./core/item.js";
import { Server, SERVER_DEFAULTS } from "./core/server.js";
import { binary } from "./frame/binary.js";
import { FrameError } from "./frame/code.js";
import { ACK, ATTACH, CLOSE, type Frame, HELLO, RESET } from "./frame/frame.js";
import { json } from "./frame/json.js";
import { CODEC_BYTES, EMPTY, ERROR, EVENT, GAP, type Message, PUBLICATION, REPLY, REQUEST } from "./frame/message.js";
import { Writer } from "./frame/writer.js";
import { decode, encode } from "./payload.js";
import type { Socket } from "./websocket.js";

const MIME = "application/vnd.weft.1";
const now = (): number => Math.floor(performance.now()) + 1;

/** A mount in memory: one session at a time on the core's server end, and ways to break what leads to it. */
export class FakeServer {
  /** Undefined: none was opened, or it was forgotten. */
  core: Server | undefined;
  /** Calls by name; what one throws with a code is the error. */
  readonly calls: Record<string, (input: any) => unknown> = {
    "weft.subscribe": ({ topic, epoch = 7, offset = 0 }) => ({ topic, epoch, offset }),
    "weft.unsubscribe": () => undefined,
  };
  /** Events and calls that arrived, as "name data". */
  readonly heard: string[] = [];
  /** Replies and errors that arrived. */
  readonly replies: Message[] = [];
  /** Paths of the requests that were made. */
  readonly requests: string[] = [];
  readonly bodies: string[] = [];
  readonly sockets: FakeSocket[] = [];

  // What is broken.
  dialling = "work" as "work" | "refuse" | "hang" | "mute";
  /** Of event streams. Gathered: nothing comes of them. */
  streaming = "work" as "work" | "refuse" | "gathered";
  /** So many requests to this door fail before they arrive, or their answers are lost. */
  failing = { door: "", before: 0, after: 0 };
  /** Events are not consumed. */
  slow = false;
  /** The kinds that READY offers. */
  offer = ["websocket", "sse", "longpoll"];
  /** What READY calls the client's network. */
  network = "home";

  #effects: Effect[] = [];
  #binding = 0;
  #socket: Down | undefined;
  readonly #streams: FakeStream[] = [];
  #poll: (() => void) | undefined;
  #last = 0;
  #sessions = 0;
  #ids = 0;

  /** What connect takes. */
  get options(): { fetch: typeof fetch; WebSocket: new (url: string, protocol: string) => Socket } {
    const server = this;
    return {
      fetch: ((url: string, init: RequestInit) => this.#fetch(url, init)) as typeof fetch,
      WebSocket: class extends FakeSocket {
        constructor() {
          super(server);
        }
      },
    };
  }

  emit(name: string, data?: unknown): void {
    this.#send({ kind: EVENT, name, ...encode(data) });
  }

  publish(topic: string, offset: number, name: string, data: unknown, epoch = 7): void {
    this.#send({ kind: PUBLICATION, topic, epoch, offset, name, ...encode(data) });
  }

  gap(topic: string, from: number, to: number, epoch = 7): void {
    this.#send({ kind: GAP, codec: CODEC_BYTES, payload: EMPTY, topic, epoch, offset: from, to });
  }

  call(name: string, data: unknown): number {
    const id = ++this.#ids;
    this.#send({ kind: REQUEST, id, name, ...encode(data) });
    return id;
  }

  cancel(id: number): void {
    this.core!.cancel(id);
    this.changed();
  }

  /** Asks the client to move. */
  move(within: number, url: string): void {
    this.core!.move(now(), within, url);
    this.changed();
  }

  /** Writes bytes as they are. */
  raw(batch: Uint8Array<ArrayBuffer>): void {
    this.#socket?.onmessage?.({ data: batch.buffer });
  }

  /** Sends the latest value of a key. */
  volatile(key: string, name: string, data: unknown): void {
    this.core!.sendVolatile(key, new Item({ kind: EVENT, name, ...encode(data) }));
    this.changed();
  }

  /** Ends the current connection as a network would. */
  cut(): void {
    const socket = this.#socket;
    this.core?.lost(now(), this.#binding);
    this.#socket = undefined;
    socket?.die();
  }

  /** Loses everything, and cuts. */
  forget(): void {
    const core = this.core;
    this.core = undefined;
    core?.lost(now(), this.#binding);
    this.#socket?.die();
    this.#socket = undefined;
    this.#poll?.();
  }

  #send(message: Message): void {
    this.core!.send(new Item(message));
    this.changed();
  }

  /** Writes what is pending on the connection that is current. */
  changed(): void {
    const { core } = this;
    if (!core) {
      return;
    }
    while (this.#socket && core.pending()) {
      const out = new Writer();
      core.batch(now(), this.#binding, binary, out);
      const batch = out.take();
      if (!batch.length) {
        break;
      }
      this.#socket.onmessage?.({ data: batch.buffer });
    }
    if (core.pending()) {
      this.#poll?.();
    }
  }

  /** Takes a batch that does not begin with HELLO or ATTACH. */
  take(frames: Iterable<Frame>, post: boolean): void {
    for (const f of frames) {
      if (!this.core?.receive(now(), this.#binding, f, post, this.#effects)) {
        break;
      }
    }
    this.handle();
  }

  /** Does what the core asks for. */
  handle(): void {
    for (const e of this.#effects.splice(0)) {
      if (e.kind === "deliver") {
        this.#deliver(e.seq, e.message);
      } else if (e.kind === "resolve") {
        this.replies.push(e.message);
      } else if (e.kind === "volatile") {
        this.heard.push(`${e.key}: ${e.message.name} ${JSON.stringify(decode(e.message))}`);
      }
    }
  }

  #deliver(seq: number, m: Message): void {
    const { core } = this;
    const data = decode(m);
    this.heard.push(`${m.name} ${JSON.stringify(data)}`);
    if (m.kind === EVENT) {
      if (!this.slow) {
        core!.consumed(seq);
      }
      return;
    }
    core!.start();
    core!.consumed(seq);
    void this.#reply(core!, m, data);
  }

  async #reply(core: Server, { id, name }: Message, data: unknown): Promise<void> {
    let reply: Message;
    try {
      const call = this.calls[name!];
      if (!call) {
        throw { code: 4404, message: "no such call" };
      }
      reply = { kind: REPLY, id: id!, ...encode(await call(data)) };
    } catch (e) {
      const { code, message: text } = e as { code: number; message: string };
      reply = { kind: ERROR, codec: CODEC_BYTES, payload: EMPTY, id: id!, code, text };
    }
    if (!core.over) {
      core.send(new Item(reply));
      this.changed();
    }
  }

  /** Takes the first batch of a connection. Undefined: it is refused, and how is told. */
  open(batch: Uint8Array, pulled: boolean, socket?: Down): Uint8Array | undefined {
    const [first, ...rest] = [...binary.decode(batch, 1 << 20)];
    const extras = new Map([["offer", JSON.stringify(this.offer.map((kind) => ({ kind })))], ["network", this.network]]);
    try {
      if (first!.type === HELLO) {
        this.core ??= (this.#sessions++, new Server(SERVER_DEFAULTS));
        const sid = new Uint8Array(16).fill(this.#sessions);
        const opening = { sid, token: new Uint8Array(32).fill(this.#sessions), gen: 0, extras };
        this.#binding = this.core.hello(now(), pulled, opening);
      } else if (first!.type === ATTACH) {
        if (!this.core || first!.sid[0] !== this.#sessions) {
          throw new FrameError(4410, "unknown session");
        }
        const opening = { sid: first!.sid, token: undefined, gen: 0, extras };
        this.#binding = this.core.attach(now(), pulled, first!, opening, this.#effects);
      }
    } catch (e) {
      const { code, reason } = e as FrameError;
      return bytes(code === 4410 ? { type: RESET, code, consumed: 0, reason } : { type: CLOSE, code, reason, final: undefined });
    }
    this.#socket = socket;
    this.#last = 0;
    this.take(rest, pulled);
    return undefined;
  }

  async #fetch(url: string, { body, signal }: RequestInit): Promise<Response> {
    const { pathname, search } = new URL(url);
    const door = pathname.split("/").at(-1)!;
    this.requests.push(`${door}${search}`);
    this.bodies.push(`${door} ${Buffer.from((body ?? "") as Uint8Array).toString("hex")}`);
    await new Promise((soon) => setImmediate(soon));
    const broken = this.failing.door === door;
    if (broken && this.failing.before-- > 0) {
      throw new TypeError("refused");
    }
    if (door === "sse" && !search) {
      return this.#stream();
    }
    const answer = await this.#answer(door, new URLSearchParams(search), body as Uint8Array | null, signal!);
    if (signal?.aborted || (broken && this.failing.after-- > 0)) {
      throw new TypeError("lost");
    }
    const status = answer.length ? 200 : 204;
    return new Response(answer.length ? answer : null, { status, headers: { "Content-Type": MIME } });
  }

  async #answer(
    door: string, query: URLSearchParams, body: Uint8Array | null, signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (door === "sse") {
      const stream = this.#streams[Number(query.get("stream"))]!;
      const refused = this.open(body!, false, stream);
      this.changed();
      return (refused ?? EMPTY) as Uint8Array<ArrayBuffer>;
    }
    if (door === "session" || !query.has("att")) {
      const refused = this.open(body!, true);
      await new Promise((soon) => setImmediate(soon));
      return (refused ?? this.#pull()) as Uint8Array<ArrayBuffer>;
    }
    if (this.core && query.get("att") !== `${this.core.att}`) {
      return bytes({ type: CLOSE, code: 4409, reason: "superseded", final: undefined });
    }
    if (door === "send") {
      this.take(binary.decode(body!, 1 << 20), true);
      return bytes({ type: ACK, ...this.core!.answer() });
    }
    const [number, rcv, ack] = ["poll", "rcv", "ack"].map((name) => Number(query.get(name)));
    const again = number! > this.#last + 1;
    this.#last = number!;
    this.core?.poll(now(), this.#binding, rcv!, ack!, again, this.#effects);
    this.handle();
    if (this.core && !this.core.pending()) {
      await new Promise<void>((wake) => {
        this.#poll = wake;
        signal.addEventListener("abort", () => wake());
      });
      this.#poll = undefined;
    }
    if (!this.core) {
      return bytes({ type: RESET, code: 4410, consumed: 0, reason: "unknown session" });
    }
    this.core.pollDone(now(), this.#binding);
    return this.#pull();
  }

  #stream(): Response {
    if (this.streaming === "refuse") {
      return new Response("no", { status: 502 });
    }
    const stream = new FakeStream();
    if (this.streaming === "work") {
      stream.write(`:${" ".repeat(2048)}\n\nevent: stream\ndata: ${this.#streams.length}\n\n`);
    }
    this.#streams.push(stream);
    return new Response(stream.body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
  }

  #pull(): Uint8Array<ArrayBuffer> {
    const out = new Writer();
    this.core?.batch(now(), this.#binding, binary, out);
    return out.take() as Uint8Array<ArrayBuffer>;
  }
}

function bytes(frame: Frame): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  binary.append(out, frame);
  return out.take() as Uint8Array<ArrayBuffer>;
}

/** The way down to a client, as far as it is not by polls. */
interface Down {
  onmessage: ((event: { data: any }) => void) | null;
  die(): void;
}

/** An event stream. */
class FakeStream implements Down {
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  readonly body = new ReadableStream<Uint8Array>({ start: (c) => void (this.#controller = c) });

  write(text: string): void {
    this.#controller.enqueue(new TextEncoder().encode(text));
  }

  onmessage = ({ data }: { data: ArrayBuffer }): void => {
    for (const frame of binary.decode(new Uint8Array(data), 1 << 20)) {
      const out = new Writer();
      json.append(out, frame);
      this.write(`data: ${new TextDecoder().decode(out.take())}\n`);
    }
  };

  die(): void {
    this.#controller.close();
  }
}

/** The client's side of a WebSocket. */
export class FakeSocket implements Socket {
  binaryType = "";
  bufferedAmount = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  closed: number | undefined;
  readonly sent: Uint8Array[] = [];
  readonly #server: FakeServer;
  #opened = false;

  constructor(server: FakeServer) {
    this.#server = server;
    server.sockets.push(this);
    setImmediate(() => {
      if (server.dialling === "refuse") {
        this.die();
      } else if (server.dialling !== "hang") {
        this.onopen?.({});
      }
    });
  }

  send(data: Uint8Array): void {
    this.sent.push(data);
    setImmediate(() => this.#arrive(data));
  }

  #arrive(data: Uint8Array): void {
    if (this.closed || this.#server.dialling === "mute") {
      return;
    }
    if (this.#opened) {
      this.#server.take(binary.decode(data, 1 << 20), false);
    } else {
      this.#opened = true;
      const refused = this.#server.open(data, false, this);
      if (refused) {
        this.onmessage?.({ data: refused.buffer });
      }
    }
    this.#server.changed();
  }

  close(code?: number): void {
    if (code !== 1000 && !(code! >= 3000 && code! < 5000)) { // as browsers are
      throw new DOMException(`${code}`, "InvalidAccessError");
    }
    this.closed ??= code;
  }

  die(): void {
    this.closed ??= 1006;
    this.onclose?.({});
  }
}
