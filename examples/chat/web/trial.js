// Pull the thread: what one can do to the connection, and the proof that nothing is lost.

const COUNT = 100;

export class Trial {
  #send;
  #quiet;
  #result = document.querySelector("#load-result");
  #button = document.querySelector("#load");
  #run = null;

  /** send posts a text and returns its id; quiet keeps the messages from being read out. */
  constructor(session, { send, quiet }) {
    this.#send = send;
    this.#quiet = quiet;
    document.querySelector("#cut").addEventListener("click", () => session.drop());
    this.#button.addEventListener("click", () => this.#start());
    for (const radio of document.querySelectorAll("[name=force]"))
      radio.addEventListener("change", () => session.force(radio.value || null));
  }

  /** Whether messages can be sent. */
  set able(able) {
    this.#button.disabled = !able;
  }

  /** Leaves the room: what is on its way is not seen here any more. */
  stop() {
    if (this.#run && this.#run.seen.size < COUNT) this.#result.textContent = "Stopped: the room was left.";
    this.#run = null;
    this.#quiet(false);
  }

  /** Takes a publication. */
  said(id) {
    const run = this.#run;
    const n = run?.numbers.get(id);
    if (n === undefined) return;
    if (n === run.next) run.next++;
    else if (run.seen.has(n)) run.repeated++;
    else {
      run.astray++;
      run.next = Math.max(run.next, n + 1);
    }
    run.seen.add(n);
    this.#show(run);
  }

  #start() {
    const run = { numbers: new Map(), seen: new Set(), next: 0, astray: 0, repeated: 0, began: performance.now() };
    this.#run = run;
    this.#quiet(true);
    for (let n = 0; n < COUNT; n++) run.numbers.set(this.#send(`${n + 1} of ${COUNT}`), n);
    this.#show(run);
  }

  #show({ seen, astray, repeated, began }) {
    const done = seen.size === COUNT;
    const wrong = [astray && `${astray} out of order`, repeated && `${repeated} repeated`].filter(Boolean).join(", ");
    const time = done ? `, ${Math.round(performance.now() - began)}\u00a0ms` : "";
    if (done) this.#quiet(false);
    this.#result.ariaLive = done ? "polite" : "off"; // it is the end that counts
    this.#result.textContent = `${seen.size} of ${COUNT}, ${wrong || "in order"}${time}`;
    this.#result.dataset.verdict = wrong ? "bad" : done ? "good" : "";
  }
}
