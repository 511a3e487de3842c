import { type Message } from "./frame/message.js";
type Payload = Pick<Message, "codec" | "payload">;
/** Encodes a value: bytes as a copy of them, undefined as no bytes, everything else as JSON. */
export declare function encode(data: unknown): Payload;
/** Decodes a payload; every codec but JSON gives bytes, and no bytes are undefined. Throws on invalid JSON. */
export declare function decode({ codec, payload }: Payload): unknown;
export {};
