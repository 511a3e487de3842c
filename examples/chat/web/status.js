// The strip that shows what the session does, and counts.

export const words = { webtransport: "WebTransport", websocket: "WebSocket", sse: "event stream", longpoll: "long polling" };

export class Status {
  #session;
  #counts;
  #announced = "";
  /** Until when what was said stands, for those who need time to hear it. */
  #until = 0;

  /** counts returns what to show under which id. */
  constructor(session, counts) {
    this.#session = session;
    this.#counts = counts;
    session.addEventListener("statechange", () => this.show());
    session.addEventListener("transportchange", () => this.show());
    setInterval(() => this.show(), 1000); // the round trip changes by itself
    this.show();
  }

  show() {
    const { state, transport, rtt } = this.#session;
    const counts = this.#counts();
    const via = words[transport] ?? transport ?? "";
    document.body.dataset.state = state;
    put("state", state);
    put("transport", via);
    put("rtt", transport && rtt ? `${Math.max(1, Math.round(rtt))} ms` : "");
    for (const [name, n] of Object.entries(counts)) put(name, n);
    document.querySelector(".bad").classList.toggle("some", counts.lost > 0);
    this.#announce(`${state}${via && ", " + via}`);
  }

  /** Says something to those who listen instead of looking. */
  say(text) {
    put("news", text);
    this.#until = performance.now() + 5000;
  }

  #announce(text) {
    if (text === this.#announced) return;
    this.#announced = text;
    this.#later(text, 700);
  }

  /** A state that does not last is not worth interrupting for, and no state is worth interrupting what was just said. */
  #later(text, ms) {
    setTimeout(() => {
      const left = this.#until - performance.now();
      if (text !== this.#announced) return;
      if (left > 0) this.#later(text, left);
      else put("news", `Connection: ${text}`);
    }, ms);
  }
}

function put(id, text) {
  const el = document.getElementById(id);
  if (el.textContent !== String(text)) el.textContent = text;
}
