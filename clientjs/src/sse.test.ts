import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "node:test";

import { ACK, DATA, type Frame } from "./frame/frame.js";
import { json } from "./frame/json.js";
import { EVENT } from "./frame/message.js";
import { Writer } from "./frame/writer.js";
import { FakeHost, MAX_FRAME } from "./host.testing.js";
import { LINE_SLACK } from "./limits.js";
import { encode } from "./payload.js";
import { SseLink } from "./sse.js";

const MIME = "application/vnd.weft.1";
const EVENTS = { "Content-Type": "text/event-stream; charset=utf-8" };

const bytes = (s: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(s);

type Answer = (door: string, init: RequestInit) => Response | Promise<Response>;

const links: SseLink[] = [];

/** A link whose requests are answered by a function. */
function dial(answer: Answer, headers?: Record<string, string>): { host: FakeHost; link: SseLink; requests: [door: string, init: RequestInit][] } {
  const requests: [string, RequestInit][] = [];
  const host = new FakeHost("http://server/rt", async (url, init) => {
    const door = String(url).replace(/.*\/s\/[\w-]*\//, "");
    requests.push([door, init!]);
    return answer(door, init!);
  });
  Object.assign(host.setup, headers && { headers });
  const link = new SseLink(host);
  links.push(link);
  return { host, link, requests };
}

/** A stream of these chunks. It stays open unless it is to end. */
function stream(chunks: Iterable<Uint8Array>, ends = false): Response {
  const body = new ReadableStream({
    start(out) {
      for (const chunk of chunks) {
        out.enqueue(chunk);
      }
      if (ends) {
        out.close();
      }
    },
  });
  return new Response(body, { headers: EVENTS });
}

const batch = (body: string, status = 200): Response =>
  new Response(bytes(body), { status, headers: { "Content-Type": MIME } });

const OPENING = `:${" ".repeat(2048)}\n\nevent: stream\ndata: abc-_\n\n`;

const opening = (more = "", ends = false): Response => stream([bytes(OPENING + more)], ends);

afterEach(() => links.splice(0).forEach((link) => link.close()));

test("a stream is opened by POST, and proves that it flows (PROTOCOL 11.3)", async () => {
  const { host, requests } = dial(() => opening());
  await host.tells("opened");
  const [[door, { method, headers, body }]] = requests as [[string, RequestInit]];
  assert.equal(door, "sse");
  assert.equal(method, "POST");
  assert.equal(body, null);
  assert.deepEqual(Object.fromEntries(headers as Headers), { "x-own": "1", authorization: `Bearer ${"_".repeat(42)}8` });
  assert.deepEqual(host.told, ["opened"]);
});

test("what attaches brings the application's Authorization, and the rest the session's (PROTOCOL 8.10, 11.3)", async () => {
  const answers = [opening(), new Response(null, { status: 204 }), batch("ack")];
  const { host, link, requests } = dial(() => answers.shift()!, { authorization: "Bearer jwt" });
  await host.tells("opened");
  link.binding = 7;
  (host.core as { outstanding: number }).outstanding = 7;
  void link.send(bytes("attach"));
  await host.tells("received");
  void link.send(bytes("data"));
  await host.until(() => host.batches.length === 2);
  assert.deepEqual(
    requests.map(([door, { headers }]) => `${door.split("=")[0]} ${(headers as Headers).get("Authorization")!.slice(0, 10)}`),
    ["sse Bearer jwt", "sse?stream Bearer jwt", "send?att Bearer ___"],
  );
});

test("the first batch binds it, the others are sent one at a time (PROTOCOL 11.6)", async () => {
  const answers = [opening(), new Response(null, { status: 204 }), batch("ack")];
  const { host, link, requests } = dial(() => answers.shift()!);
  await host.tells("opened");
  assert.equal(link.takes, false);
  link.binding = 7;
  (host.core as { outstanding: number }).outstanding = 7; // READY will come down the stream
  void link.send(bytes("attach"));
  await host.tells("received");
  assert.equal(link.takes, true);
  void link.send(bytes("more"));
  assert.equal(link.takes, false);
  await host.until(() => host.batches.length === 2);
  assert.equal(link.takes, true);
  assert.deepEqual(host.batches, [new Uint8Array(0), bytes("ack")]);
  assert.deepEqual(requests.slice(1).map(([door, { body }]) => [door, body]), [
    ["sse?stream=abc-_", bytes("attach")], ["send?att=3", bytes("more")],
  ]);
  assert(requests.slice(1).every(([, { headers }]) => new Headers(headers).get("Content-Type") === MIME));
  assert.deepEqual(host.told, ["opened", "received", "received"]);
});

test("a refusal in a batch is an answer", async () => {
  const answers = [opening(), batch("close", 409)];
  const { host, link } = dial(() => answers.shift()!);
  await host.tells("opened");
  void link.send(bytes("attach"));
  await host.tells("received");
  assert.deepEqual(host.batches, [bytes("close")]);
  assert.deepEqual(host.told, ["opened", "received"]);
});

test("an ATTACH that something else answers is not sent again", async () => {
  const { host, link, requests } = dial((door) => (door === "sse" ? opening() : new Response("<html>", { status: 502 })));
  await host.tells("opened");
  void link.send(bytes("attach"));
  await host.tells("down");
  assert.equal(requests.length, 2);
});

test("a batch is, with the same numbers; then the link is dead (PROTOCOL 11.6)", async () => {
  const { host, link, requests } = dial((door) => {
    if (door.startsWith("send")) {
      throw new TypeError("refused");
    }
    return door === "sse" ? opening() : new Response(null, { status: 204 });
  });
  await host.tells("opened");
  await link.send(bytes("attach"));
  void link.send(bytes("more"));
  await host.tells("down");
  assert.deepEqual(requests.slice(2).map(([door, { body }]) => [door, body]), [
    ["send?att=3", bytes("more")], ["send?att=3", bytes("more")],
  ]);
});

for (const [what, answer] of Object.entries<Answer>({
  "404": () => new Response("no such door", { status: 404 }),
  "an error that claims to be a stream": () => new Response(OPENING, { status: 500, headers: EVENTS }),
  "another type": () => new Response(OPENING, { headers: { "Content-Type": "text/html" } }),
  "no type": () => new Response(bytes(OPENING)),
  "no answer": () => Promise.reject(new TypeError("refused")),
  "an end": () => stream([], true),
})) {
  test(`no stream: ${what}`, async () => {
    const { host } = dial(answer);
    await host.tells("down");
    assert.deepEqual(host.told, ["down"]);
  });
}

test("no stream, and the session is gone: what says so is told first (PROTOCOL 9.5)", async () => {
  const { host } = dial(() => batch("reset", 410));
  await host.tells("down");
  assert.deepEqual(host.told, ["received", "down"]);
});

// What a stream may hold: both line ends, comments, fields and events that are not known, frames without a space before
// them or several in an event, characters of 2 to 4 bytes.
const frames: Frame[] = ["é", "\u20ac\u2028", "😀", ""].map((text, i) => {
  return { type: DATA, seq: i + 1, message: { kind: EVENT, name: text || "n", ...encode({ text, p: [{ p: 1 }] }) } };
});
const ack: Frame = { type: ACK, rcv: 1, ack: 0 };

function line(frame: Frame): string {
  const out = new Writer();
  json.append(out, frame);
  return new TextDecoder().decode(out.take()).trimEnd();
}

const SCRIPT = bytes(
  `: ${" ".repeat(20)}\r\n\r\nevent: stream\ndata: id\n\n` +
  `id: 0.1\ndata: ${line(frames[0]!)}\n\nid: 0.2\r\ndata:${line(frames[1]!)}\r\n\r\n` +
  `retry: 5\ndatax: {\ndata-x\n: comment: data: {\n\nevent: later\ndata: {\n\n` +
  `data: ${line(frames[2]!)}\ndata: {"t":"later"}\ndata: ${line(ack)}\n\ndata: ${line(frames[3]!)}\n`,
);

/** Cuts the script at these places, and wants the same of the pieces as of the whole. */
async function wantSame(cuts: number[]): Promise<void> {
  const pieces = [0, ...cuts].map((from, i) => SCRIPT.slice(from, cuts[i]));
  const { host, link } = dial(() => stream(pieces, true));
  await host.tells("down");
  assert.deepEqual(host.told, ["opened", "down"], `cut at ${cuts}`);
  assert.deepEqual(host.got, [frames[0], frames[1], frames[2], ack, frames[3]], `cut at ${cuts}`);
  link.close();
}

// PROTOCOL 4.1, 4.2, 4.3
test("a stream may be cut anywhere", async () => {
  for (let at = 0; at <= SCRIPT.length; at++) {
    await wantSame([at]);
  }
  await wantSame(Array.from({ length: SCRIPT.length }, (_, i) => i));
});

const seed = Number(process.env.WEFT_SEED ?? Date.now() % 1e6);

test(`and into many pieces (WEFT_SEED=${seed})`, async () => {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (let i = 0; i < 300; i++) {
    const cuts = Array.from({ length: random() * 40 }, () => Math.floor(random() * SCRIPT.length));
    await wantSame(cuts.sort((a, b) => a - b));
  }
});

test("what ends in mid-line is no frame", async () => {
  const { host } = dial(() => opening(`data: ${line(ack)}\n\ndata: ${line(ack)}`, true));
  await host.tells("down");
  assert.deepEqual(host.got, [ack]);
});

test("a stream that breaks is dead", async () => {
  let pulls = 0;
  const body = new ReadableStream({
    pull(out) {
      if (pulls++) {
        out.error(new TypeError("network error"));
      } else {
        out.enqueue(bytes(`${OPENING}data: ${line(ack)}\n`));
      }
    },
  });
  const { host } = dial(() => new Response(body, { headers: EVENTS }));
  await host.tells("down");
  assert.deepEqual(host.told, ["opened", "down"]);
  assert.deepEqual(host.got, [ack]);
});

test("a frame that cannot be decoded is told as one, after those before it", async () => {
  const { host } = dial(() => opening(`data: ${line(ack)}\n\ndata: {"t":"ack","rcv":-1,"ack":0}\n\n`));
  await host.tells("bad FrameError");
  assert.deepEqual(host.got, [ack]);
  const other = dial(() => opening("data: {\n\n"));
  await other.host.tells("bad SyntaxError");
});

test("text that is not UTF-8 is no stream", async () => {
  const { host } = dial(() => stream([bytes(OPENING), Uint8Array.of(0xff, 10)]));
  await host.tells("down");
  assert.deepEqual(host.told, ["opened", "down"]);
});

// PROTOCOL 4.8
for (const [what, end] of [["a line", "\n"], ["the beginning of a line", ""]] as const) {
  test(`${what} may not be longer than any frame`, async () => {
    const longest = 2 * MAX_FRAME + LINE_SLACK;
    const fits = dial(() => opening(`:${" ".repeat(longest - 1)}${end}`, true));
    await fits.host.tells("down");
    assert.deepEqual(fits.host.told, ["opened", "down"]);
    const { host } = dial(() => opening(`:${" ".repeat(longest)}${end}\ndata: ${line(ack)}\n`));
    await host.tells("down");
    assert.deepEqual(host.told, ["down"]);
  });
}

/** A real server, so that what a fetch does when it is aborted is seen from there. */
async function serve(handle: (req: IncomingMessage, res: ServerResponse) => void): Promise<[Server, string]> {
  const server = createServer(handle);
  await new Promise<void>((up) => server.listen(0, "127.0.0.1", up));
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/rt`];
}

for (const [what, status] of [["nothing", 0], ["a head only", 200]] as const) {
  test(`a stream that is held back somewhere, ${what} of it comes: the link waits until it is closed`, async () => {
    let reached = (_: ServerResponse): void => {};
    const request = new Promise<ServerResponse>((resolve) => (reached = resolve));
    const [server, mount] = await serve((_, res) => {
      if (status) {
        res.writeHead(status, EVENTS).flushHeaders();
      }
      reached(res);
    });
    const host = new FakeHost(mount);
    const link = new SseLink(host);
    const res = await request;
    const aborted = new Promise((gone) => res.on("close", gone));
    link.close();
    link.close();
    await aborted;
    assert.deepEqual(host.told, []);
    server.close();
    server.closeAllConnections();
  });
}

// PROTOCOL 11.13
test("nothing is heard of a link that was closed, but its last batch arrives before the stream ends", async () => {
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  let release = (_: Response): void => {};
  const { host, link, requests } = dial((door, { signal }) => {
    if (door !== "sse") {
      return new Promise((answer) => (release = answer));
    }
    const body = new ReadableStream<Uint8Array>({
      start(out) {
        out.enqueue(bytes(OPENING));
        signal!.addEventListener("abort", () => out.error(signal!.reason));
        feed = out;
      },
    });
    return new Response(body, { headers: EVENTS });
  });
  await host.tells("opened");
  const sent = link.send(bytes("attach"));
  feed!.enqueue(bytes(`data: ${line(ack)}\n\n`));
  link.close();
  assert.equal(requests[0]![1].signal!.aborted, false);
  assert.equal(requests[1]![1].signal!.aborted, false);
  release(new Response(null, { status: 204 }));
  await sent;
  assert.equal(requests[0]![1].signal!.aborted, true);
  assert.deepEqual(host.told, ["opened"]);
  assert.deepEqual(host.got, []);
});
