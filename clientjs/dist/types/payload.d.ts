import { type Message } from "./frame/message.js";
type Payload = Pick<Message, "codec" | "payload">;
/**
 * Encodes a value: bytes as a copy of them, since what is sent later, and perhaps again, must not change meanwhile;
 * undefined as no bytes; everything else as JSON. Throws a TypeError where JSON.stringify does.
 */
export declare function encode(data: unknown): Payload;
/** Decodes a payload; every codec but JSON gives bytes, and no bytes are undefined. Throws on invalid JSON. */
export declare function decode({ codec, payload }: Payload): unknown;
export {};
