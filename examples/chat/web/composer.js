// The foot of the page: a name to join with, then a field to write in.

const $ = id => document.getElementById(id);

export class Composer {
  #say;
  #toEnd;

  /** Who speaks, or "" when nobody does. */
  speaker = "";

  /** say and toEnd are called at once, join and leave are awaited. */
  constructor({ say, join, leave, toEnd }) {
    this.#say = say;
    this.#toEnd = toEnd;
    $("name").value = this.speaker = localStorage.getItem("name") ?? "";
    submit("join", "join-error", async () => {
      await join($("name").value);
      $("text").focus();
    });
    submit("compose", "text-error", () => this.#send());
    $("skip").addEventListener("click", e => this.#skip(e));
    $("leave").addEventListener("click", () => this.#change(leave));
    $("text").addEventListener("keydown", e => this.#key(e));
  }

  /** Lets somebody speak, whose name is remembered from visit to visit. */
  joined(name) {
    localStorage.setItem("name", name);
    this.speaker = $("me").textContent = name;
    this.#show(true);
  }

  left() {
    this.speaker = "";
    this.#show(false);
  }

  /** Shows an error of the server. */
  fail({ message }) {
    $($("compose").hidden ? "join-error" : "text-error").textContent = sentence(message);
  }

  #show(joined) {
    $("join").hidden = joined;
    $("compose").hidden = !joined;
  }

  #send() {
    const field = $("text");
    const text = field.value.trim();
    field.focus();
    if (!text) return;
    field.value = "";
    this.#say(text);
  }

  async #change(leave) {
    $("name").value = this.speaker;
    await leave();
    $("name").select();
  }

  /** The address names the room: a jump within the page must not change it. */
  #skip(e) {
    e.preventDefault();
    $($("compose").hidden ? "name" : "text").focus();
  }

  #key(e) {
    if (e.key === "Escape") this.#toEnd();
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    e.target.form.requestSubmit();
  }
}

/** Runs what a form is for, and shows why it cannot be done. */
export function submit(form, error, run) {
  $(form).addEventListener("submit", async e => {
    e.preventDefault();
    $(error).textContent = "";
    try {
      await run();
    } catch (e) {
      $(error).textContent = sentence(e.message);
    }
  });
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + ".";
}
