import { EXTRAS, type Field, type Fields, FINAL, FIXED, MESSAGE, NAME, RAW, TEXT, TOKEN, VERSION } from "./field.js";
import { type Extras, type Frame, FRAMES, OTHER, PROTOCOL_VERSION } from "./frame.js";
import { EMPTY, type Message, MESSAGES } from "./message.js";
import { Writer } from "./writer.js";

/** Appends the body of a frame in binary. */
export function appendBody(out: Writer, frame: Frame): void {
  appendFields(out, (FRAMES[frame.type] ?? OTHER).fields, frame as unknown as Fields);
}

/** Appends a message in binary, from its kind on. */
export function appendMessage(out: Writer, m: Message): void {
  out.byte(m.kind);
  out.byte(m.codec);
  appendFields(out, MESSAGES[m.kind]!.fields, m as unknown as Fields);
}

/** Extras in ascending order. */
export function sortExtras(extras: Iterable<[string, string]>): [string, string][] {
  return [...extras].sort(([a], [b]) => (a < b ? -1 : 1));
}

const scratch = new Writer();

/**
 * The length of a message's binary form in bytes. Windows and limits count it, whatever encoding carries the message
 * (PROTOCOL 3.6).
 */
export function sizeOf(m: Message): number {
  appendMessage(scratch, { ...m, payload: EMPTY });
  return scratch.take().length + m.payload.length;
}

/** The length of a frame's body in its binary form. */
export function bodySize(frame: Frame): number {
  appendBody(scratch, frame);
  return scratch.take().length;
}

function appendFields(out: Writer, fields: readonly Field[], values: Fields): void {
  for (const [key, what] of fields) {
    // The tables know the types of the fields, and check has seen the values.
    const value = values[key] as never;
    switch (what) {
      case VERSION:
        out.varint(PROTOCOL_VERSION);
        break;
      case FINAL:
        out.varint(value === undefined ? 0 : value + 1);
        break;
      case NAME:
        appendString(out, value);
        break;
      case TEXT:
        out.text(value ?? "");
        break;
      case TOKEN:
        out.sized(() => out.bytes(value ?? EMPTY));
        break;
      case FIXED:
      case RAW:
        out.bytes(value);
        break;
      case EXTRAS:
        appendExtras(out, value);
        break;
      case MESSAGE:
        appendMessage(out, value);
        break;
      default:
        out.varint(value);
    }
  }
}

function appendExtras(out: Writer, extras: Extras): void {
  out.varint(extras.size);
  for (const [name, value] of sortExtras(extras)) {
    appendString(out, name);
    appendString(out, value);
  }
}

function appendString(out: Writer, s: string): void {
  out.sized(() => out.text(s));
}
