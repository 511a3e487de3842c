// How it got here: what the session did to find a transport, and why.

import { words } from "./status.js";

const why = {
  create: "opens the session",
  dial: "dials",
  opened: "is open",
  attach: "takes over",
  ready: "carries the session",
  poll: "goes on",
  drop: "is given up",
  failed: "came to nothing",
  died: "is gone",
  left: "is left",
  suspect: "is silent",
  blame: "is remembered as blocked",
  avoid: "keeps dying: another one is tried",
  absolve: "is not to blame",
  demote: "is left alone for a while",
  forget: "Another network: begins anew",
  rest: "The page sleeps: lets go of everything",
};

export class Way {
  #session;
  #details = document.querySelector("#way");
  #list = document.querySelector("#decisions");
  #shown = null;

  constructor(session) {
    this.#session = session;
    this.#details.addEventListener("toggle", () => this.#show());
    setInterval(() => this.#show(), 500);
  }

  #show() {
    const all = this.#session.decisions;
    if (!this.#details.open || this.#shown === all.at(-1)) return;
    this.#shown = all.at(-1);
    this.#list.replaceChildren(...all.toReversed().map((d) => this.#line(d)));
  }

  #line({ time, what, transport, reason }) {
    const line = document.createElement("li");
    const when = document.createElement("time");
    const date = new Date(time);
    when.dateTime = date.toISOString();
    when.textContent = date.toLocaleTimeString([], { hour12: false }) + "." + String(date.getMilliseconds()).padStart(3, "0");
    const name = words[transport] ?? "";
    line.append(when, ` ${name && name[0].toUpperCase() + name.slice(1) + " "}${why[what] ?? what}${reason ? `: ${reason}` : ""}`);
    return line;
  }
}
