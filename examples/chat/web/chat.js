// The chat: one session, one room at a time. The messages are described in messages.go.

import { connect } from "/rt/weft.js";
import { Composer } from "./composer.js";
import { drawer } from "./drawer.js";
import { People, Rooms } from "./lists.js";
import { Messages } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Status } from "./status.js";
import { Trial } from "./trial.js";
import { Way } from "./way.js";

const HISTORY = 50;

let room = ""; // the one that is shown
let you = null; // the person one is in it
let topics = []; // the subscriptions of the room
let received = 0;
let missed = 0; // publications that the room had forgotten before they could be sent here
let offset = 0; // of the last publication
let turn = Promise.resolve(); // rooms are entered one after the other; who speaks waits until that is done
let listed = false; // the list of rooms is followed

const s = connect("/rt");
const outbox = new Outbox(s, () => turn);
const messages = new Messages(id => outbox.retry(id));
const rooms = new Rooms();
const people = new People();
const trial = new Trial(s, { send: say, quiet: yes => messages.quiet(yes) });
const composer = new Composer({ say, join, leave, toEnd: () => messages.toEnd() });
const status = new Status(s, counts);
new Way(s);

function counts() {
  return { sent: outbox.sent, confirmed: outbox.confirmed, received, lost: outbox.lost + missed };
}

// Rooms

function wanted() {
  const id = location.hash.slice(1);
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(id) ? id : "lobby";
}

function enter(id) {
  turn = turn.then(() => show(id)).catch(e => {
    room = ""; // the next session tries again
    composer.fail(e);
  });
}

async function show(id) {
  if (id !== room) await move(id);
  if (!you && composer.speaker) await rejoin();
  if (!listed) await list();
}

async function list() {
  await follow("rooms", 1, all => all.on("rooms", list => rooms.show(list)));
  listed = true;
  rooms.show(await s.call("rooms"));
}

async function move(id) {
  await Promise.all(topics.map(t => t.unsubscribe()));
  room = id;
  you = null;
  topics = [];
  offset = 0;
  trial.stop();
  messages.clear();
  people.clear();
  rooms.enter(id);
  document.title = `${id} - weft chat`;
  document.querySelector("#room-title").textContent = id;
  topics = await Promise.all([
    follow("room:" + id, HISTORY, talk => {
      talk.on("said", (m, at) => said(m, at.offset));
      talk.addEventListener("gap", e => gap(e.from, e.to));
    }),
    follow("here:" + id, 1, here => here.on("here", list => people.show(list, you?.id))),
  ]);
  for (const l of outbox.letters.values()) if (l.room === id) waiting(l);
  setTimeout(() => messages.settled(), 300); // when the history would be there
}

/** Subscribes, and listens before the first publication is handled: not only when its neighbours are subscribed too. */
async function follow(topic, history, listen) {
  const subscription = await s.subscribe(topic, { history });
  listen(subscription);
  return subscription;
}

function said(m, at) {
  if (offset && at > offset + 1) missed += at - offset - 1; // never: whatever is missing is a gap
  offset = at;
  received++;
  const mine = outbox.owns(m.id);
  outbox.arrived(m.id);
  messages.said(m, mine);
  trial.said(m.id);
  status.show();
}

/** The room's history did not reach back far enough, or it is that of another server. */
function gap(from, to) {
  offset = to;
  const n = to ? to - from + 1 : 0;
  missed += n;
  messages.gap(`${n || "Some"} messages that were sent meanwhile did not get here`);
}

// One's own messages

function say(text) {
  const letter = outbox.post(room, composer.speaker, text);
  waiting(letter);
  return letter.id;
}

function waiting(letter) {
  messages.add(letter);
  messages.mark(letter.id, letter.state, letter.reason);
  status.show();
}

outbox.addEventListener("change", ({ detail: l }) => {
  messages.mark(l.id, l.state, l.reason);
  status.show();
});

s.on("refused", r => {
  outbox.refused(r.id, r.message);
  composer.fail(r);
});

// Joining, and leaving to come back with another name

async function join(name) {
  const joined = await s.call("join", { room, name });
  you = joined.you;
  people.show(joined.here, you.id);
  composer.joined(you.name);
  trial.able = true;
}

/** Joins another room, or the same one in another session, under the name one has. */
async function rejoin() {
  try {
    await join(composer.speaker);
  } catch (e) {
    left();
    composer.fail(e);
  }
}

async function leave() {
  left();
  await s.call("leave");
}

function left() {
  you = null;
  composer.left();
  trial.able = false;
}

// The session

s.addEventListener("lost", e => {
  const n = e.unconfirmed.filter(m => m.kind === "emit").length;
  const what = s.state === "open" ? "The server is going, and the session goes on at another" : `The session was lost: ${e.reason}`;
  status.say(`${what}. ${n || "No"} ${n === 1 ? "message is" : "messages are"} not confirmed.`);
  rooms.forget();
  people.forget(); // the server may be another one, that counts from the beginning
  you = null;
  enter(wanted());
});
s.addEventListener("closed", e => {
  left();
  composer.fail({ message: `The connection has ended: ${e.reason}. Load the page again to go on` });
});

addEventListener("hashchange", () => enter(wanted()));
addEventListener("pagehide", e => {
  if (!e.persisted) s.close();
});
drawer();
enter(wanted());
