import type { End } from "./core.js";
import type { Item } from "./item.js";

/**
 * Returns what is wrong when an invariant of PROTOCOL 1.8, 5.1, 5.4, 17.3 or 17.5 does not hold, else "". Tests call it after every
 * step.
 */
export function check(e: End): string {
  const { sender: s, receiver: r, cfg } = e;
  if (s.peerAck > s.peerRcv || s.peerRcv > s.top) {
    return `peer: ack ${s.peerAck}, rcv ${s.peerRcv}, top ${s.top}`;
  }
  if (s.cursor <= s.peerRcv || s.cursor > s.top + 1) {
    return `cursor ${s.cursor} outside ${s.peerRcv + 1}..${s.top + 1}`;
  }
  if (r.ack > r.rcv || r.told.rcv > r.rcv || r.told.ack > r.ack) {
    return `receive: ack ${r.ack}, rcv ${r.rcv}, told ${r.told.rcv}, ${r.told.ack}`;
  }
  if (r.slots < 0 || r.slots > cfg.slots) {
    return `slots ${r.slots} of ${cfg.slots}`;
  }
  const { waiting, seen } = e.volatile;
  if (waiting.items.size > (e.current ? cfg.volatile : 0) || seen.size > cfg.keys) {
    return `outside the sequence: ${waiting.items.size} wait, ${seen.size} keys`;
  }
  return checkHeld(e) || checkFlight(e);
}

/** Holds every message against the peer's word. */
function checkHeld({ sender: s }: End): string {
  let last = 0;
  for (const [seq, item] of s.held) {
    if (seq <= last || seq > s.top) {
      return `seq ${seq} is held behind ${last}, top ${s.top}`;
    }
    if (seq <= (item.counted ? s.peerAck : s.peerRcv)) {
      return `seq ${seq} is held though it was acknowledged`;
    }
    last = seq;
  }
  for (let seq = s.peerRcv + 1; seq <= s.top; seq++) {
    if (!s.held.has(seq)) {
      return `seq ${seq} was freed without the peer's word`;
    }
  }
  return "";
}

/** Counts what is held again and compares. */
function checkFlight({ sender: s, cfg }: End): string {
  const { flight, window } = s;
  const held = [...s.held.values()];
  const counted = held.filter((item) => item.counted);
  const exempt = [...held, ...s.exempt].filter((item) => !item.counted);
  const [bytes, unreceived] = [total(counted), total(exempt)];
  if (counted.length !== flight.messages || bytes !== flight.bytes || unreceived !== s.unreceived) {
    return `flight ${flight.messages}, ${flight.bytes}, ${s.unreceived}; held ${counted.length}, ${bytes}, ${unreceived}`;
  }
  if (flight.messages > window.messages && flight.messages > cfg.send.messages) {
    return `flight ${flight.messages} beyond the window ${window.messages}`;
  }
  return "";
}

const total = (items: Item[]): number => items.reduce((sum, { size }) => sum + size, 0);
