// What this page has sent, and what has become of it.

/** @typedef {{id: string, room: string, name: string, text: string, at: string, state: string, reason: string}} Letter */

export class Outbox extends EventTarget {
  /** @type {Map<string, Letter>} what is not confirmed, in the order in which it was sent */
  letters = new Map();
  sent = 0;
  confirmed = 0;
  #session;
  #admitted;
  #own = new Set(); // the ids of all that was sent

  /** admitted returns a promise: nothing leaves before the page has joined, for calls run beside events. */
  constructor(session, admitted) {
    super();
    this.#session = session;
    this.#admitted = admitted;
  }

  owns(id) {
    return this.#own.has(id);
  }

  /** How many messages are not known to have arrived though their session is gone. */
  get lost() {
    return [...this.letters.values()].filter(l => l.state === "lost").length;
  }

  /** Sends a message, and returns it at once: pending. */
  post(room, name, text, id = mark()) {
    const letter = { id, room, name, text, at: new Date().toISOString(), state: "pending", reason: "" };
    this.letters.set(id, letter);
    this.#own.add(id);
    this.sent++;
    this.#emit(letter);
    return letter;
  }

  /** Sends a message again, under its id: should it have arrived after all, the server knows it. */
  retry(id) {
    const letter = this.letters.get(id);
    if (letter?.state !== "lost") return;
    this.#set(letter, "pending");
    this.#emit(letter);
  }

  async #emit(letter) {
    await this.#admitted();
    try {
      await this.#session.emit("say", { room: letter.room, id: letter.id, text: letter.text });
      this.arrived(letter.id);
    } catch (e) {
      this.#set(letter, "lost", e.message);
    }
  }

  /** The server has handled a message, or it was seen in the room. */
  arrived(id) {
    const letter = this.letters.get(id);
    if (!letter) return;
    this.letters.delete(id);
    this.confirmed++;
    this.#set(letter, "confirmed");
  }

  /** The server does not want a message. It has been handled, though: that is what confirmed counts. */
  refused(id, reason) {
    const letter = this.letters.get(id) ?? { id };
    if (this.letters.delete(id)) this.confirmed++;
    this.#set(letter, "refused", reason);
  }

  #set(letter, state, reason = "") {
    Object.assign(letter, { state, reason });
    this.dispatchEvent(new CustomEvent("change", { detail: letter }));
  }
}

/** A random id. crypto.randomUUID exists in secure contexts only, and a chat in the kitchen's network is none. */
function mark() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), b => b.toString(16).padStart(2, "0")).join("");
}
