import { sizeOf } from "../frame/encode.js";
import { isCounted, type Message } from "../frame/message.js";

/** A message on its way out. It is immutable. */
export class Item {
  readonly message: Message;
  /** The sender's; an item with one is named by the effects "confirmed" and "refused". */
  readonly tag: unknown;
  /** The length of the message's binary form in bytes (PROTOCOL 3.6). */
  readonly size: number;

  constructor(message: Message, tag?: unknown) {
    this.message = message;
    this.tag = tag;
    this.size = sizeOf(message);
  }

  get counted(): boolean {
    return isCounted(this.message.kind);
  }
}
