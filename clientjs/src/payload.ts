import { CODEC_BYTES, CODEC_JSON, EMPTY, type Message } from "./frame/message.js";
import { decodeText } from "./frame/reader.js";

type Payload = Pick<Message, "codec" | "payload">;

const utf8 = new TextEncoder();

/** Encodes a value: bytes as a copy of them, undefined as no bytes, everything else as JSON. */
export function encode(data: unknown): Payload {
  if (data instanceof ArrayBuffer) {
    return bytes(new Uint8Array(data));
  }
  if (ArrayBuffer.isView(data)) {
    return bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const json = JSON.stringify(data) as string | undefined;
  return json === undefined ? bytes(EMPTY) : { codec: CODEC_JSON, payload: utf8.encode(json) };
}

/** What is sent later, and perhaps again, must not change meanwhile. */
function bytes(data: Uint8Array): Payload {
  return { codec: CODEC_BYTES, payload: data.slice() };
}

/** Decodes a payload; every codec but JSON gives bytes, and no bytes are undefined. Throws on invalid JSON. */
export function decode({ codec, payload }: Payload): unknown {
  if (codec === CODEC_JSON) {
    return JSON.parse(decodeText(payload));
  }
  return payload.length || codec ? payload.slice() : undefined;
}
