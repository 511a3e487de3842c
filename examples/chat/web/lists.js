// The lists beside the messages: which rooms there are, who is here. Of two snapshots the one with the higher version
// counts, for a call's reply may overtake publications.

import { thread } from "./messages.js";

class Snapshot {
  #version = 0;

  /** Whether a snapshot is news. */
  takes(snapshot) {
    if (snapshot.version < this.#version) return false;
    this.#version = snapshot.version;
    return true;
  }

  forget() {
    this.#version = 0;
  }
}

export class Rooms {
  #list = document.querySelector("#rooms");
  #snapshot = new Snapshot();
  #rooms = [];
  #current = "";

  show(snapshot) {
    if (!this.#snapshot.takes(snapshot)) return;
    this.#rooms = snapshot.rooms;
    this.#render();
  }

  enter(id) {
    this.#current = id;
    this.#render();
  }

  /** The server may have been started again, and count from the beginning. */
  forget() {
    this.#snapshot.forget();
  }

  #render() {
    const known = this.#rooms.some(r => r.id === this.#current);
    const rooms = known || !this.#current ? this.#rooms : [...this.#rooms, { id: this.#current, people: 0 }];
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.hash : null;
    this.#list.replaceChildren(...rooms.map(r => this.#item(r)));
    if (focused) this.#list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }

  #item({ id, people }) {
    const a = document.createElement("a");
    a.href = "#" + id;
    if (id === this.#current) a.setAttribute("aria-current", "page");
    const count = document.createElement("span");
    count.className = "count";
    count.textContent = people || "";
    count.setAttribute("aria-label", `${people} here`);
    a.append(text("span", id), count);
    return wrap(a);
  }
}

export class People {
  #list = document.querySelector("#here");
  #count = document.querySelector("#here-count");
  #snapshot = new Snapshot();

  show(snapshot, you) {
    if (!this.#snapshot.takes(snapshot)) return;
    this.#count.textContent = snapshot.people.length;
    this.#list.replaceChildren(...snapshot.people.map(p => this.#item(p, p.id === you)));
  }

  /** Forgets a room. */
  clear() {
    this.forget();
    this.#count.textContent = "";
    this.#list.replaceChildren();
  }

  forget() {
    this.#snapshot.forget();
  }

  #item(person, you) {
    const li = wrap(text("span", person.name));
    li.dataset.thread = thread(person.name);
    if (you) li.append(" ", text("small", "you"));
    return li;
  }
}

function text(tag, content) {
  const el = document.createElement(tag);
  el.textContent = content;
  return el;
}

function wrap(child) {
  const li = document.createElement("li");
  li.append(child);
  return li;
}
