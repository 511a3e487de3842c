// The strip that shows what the session does, and counts.

export const words = { webtransport: "WebTransport", websocket: "WebSocket", sse: "event stream", longpoll: "long polling" };

export class Status {
  #session;
  #counts;
  #announced = "";

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
  }

  /** A state that does not last is not worth interrupting for. */
  #announce(text) {
    if (text === this.#announced) return;
    this.#announced = text;
    setTimeout(() => {
      if (text === this.#announced) this.say(`Connection: ${text}`);
    }, 700);
  }
}

function put(id, text) {
  const el = document.getElementById(id);
  if (el.textContent !== String(text)) el.textContent = text;
}
