// The list of messages. What the room has published stands first, in its order; what is not published yet stands below.

const CLOSE = 48; // pixels: nearer to the end than this, the reader follows
const KEPT = 500; // messages in the list
const PAUSE = 5 * 60_000; // ms: after this the same speaker is named again

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const marks = { pending: "sending", confirmed: "", lost: "not confirmed", refused: "refused" };

export class Messages {
  #list = document.querySelector("#messages");
  #scroll = document.querySelector("#scroll");
  #newer = document.querySelector("#newer");
  #empty = document.querySelector("#empty");
  #unseen = 0;
  #follows = true;
  #items = new Map(); // id -> li, of messages that are not published yet
  #retry;

  constructor(retry) {
    this.#retry = retry;
    this.#newer.addEventListener("click", () => this.toEnd());
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#follow()).observe(this.#scroll);
    this.clear();
  }

  clear() {
    this.#list.replaceChildren();
    this.#items.clear();
    this.#empty.hidden = true;
    this.quiet(true);
    this.toEnd();
  }

  /** Keeps messages from being read out, as a whole history would be. */
  quiet(yes) {
    this.#scroll.ariaLive = yes ? "off" : "polite";
  }

  /** The history is there, if there is any. */
  settled() {
    this.quiet(false);
    this.#empty.hidden = this.#list.childElementCount > 0;
  }

  /** Adds a publication, or puts the message that waits for it in its place. */
  said(m, mine) {
    const li = this.#items.get(m.id) ?? this.#item(m, mine);
    this.#items.delete(m.id);
    li.querySelector("time").replaceWith(time(m.at));
    this.#place(li);
    if (!mine) this.#count();
  }

  /** Adds a message of one's own that is on its way. */
  add(m) {
    const li = this.#item(m, true);
    this.#items.set(m.id, li);
    this.#list.append(li);
    this.#join(li);
    this.#empty.hidden = true;
    this.toEnd();
  }

  /** Shows what has become of a message of one's own. */
  mark(id, state, reason = "") {
    const li = this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (!li) return;
    li.dataset.state = state;
    li.querySelector(".mark").textContent = marks[state];
    li.querySelector(".reason").textContent = reason;
    li.querySelector(".retry").hidden = state !== "lost";
    if (state === "refused") this.#items.delete(id); // nothing follows: it stays where it is
    this.#follow();
  }

  /** Says that publications are missing. */
  gap(text) {
    const li = document.createElement("li");
    li.className = "gap";
    li.textContent = text;
    this.#place(li);
  }

  toEnd() {
    this.#follows = true;
    this.#follow();
  }

  #item(m, mine) {
    const li = document.querySelector("#message").content.firstElementChild.cloneNode(true);
    li.dataset.id = m.id;
    li.dataset.name = m.name;
    li.dataset.thread = thread(m.name);
    li.dataset.at = Date.parse(m.at);
    li.classList.toggle("mine", mine);
    li.querySelector(".name").textContent = m.name;
    li.querySelector(".text").textContent = m.text;
    li.querySelector("time").replaceWith(time(m.at));
    li.querySelector(".retry").addEventListener("click", () => this.#retry(m.id));
    return li;
  }

  #place(li) {
    const next = this.#items.values().next().value;
    const after = next === li ? li.nextElementSibling : next ?? null;
    if (li.parentNode !== this.#list || li.nextElementSibling !== after) this.#list.insertBefore(li, after);
    this.#join(li);
    if (li.nextElementSibling) this.#join(li.nextElementSibling);
    if (this.#list.childElementCount > KEPT && this.#follows) this.#list.firstElementChild.remove();
    this.#empty.hidden = true;
    this.#follow();
  }

  /** Leaves out the name where the speaker goes on. */
  #join(li) {
    const before = li.previousElementSibling;
    const same = before?.dataset.name === li.dataset.name && before.classList.contains("mine") === li.classList.contains("mine");
    li.classList.toggle("on", Boolean(same) && li.dataset.at - before.dataset.at < PAUSE);
  }

  #count() {
    if (this.#follows) return;
    this.#unseen++;
    this.#newer.textContent = `↓ ${this.#unseen} newer`;
    this.#newer.hidden = false;
  }

  #scrolled() {
    const s = this.#scroll;
    this.#follows = s.scrollHeight - s.scrollTop - s.clientHeight < CLOSE;
    if (this.#follows) this.#seen();
  }

  #follow() {
    if (!this.#follows) return;
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#seen();
  }

  #seen() {
    this.#unseen = 0;
    this.#newer.hidden = true;
  }
}

/** A name's colour, one of eight. */
export function thread(name) {
  let hash = 0;
  for (const c of name) hash = (hash * 31 + c.codePointAt(0)) >>> 0;
  return hash % 8;
}

function time(at) {
  const el = document.createElement("time");
  const date = new Date(at);
  el.dateTime = date.toISOString();
  el.title = date.toLocaleString();
  el.textContent = clock.format(date);
  return el;
}
