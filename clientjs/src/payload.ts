import { CODEC_BYTES, CODEC_JSON, EMPTY, type Message } from "./frame/message.js";
import { decodeText } from "./frame/reader.js";

type Payload = Pick<Message, "codec" | "payload">;

/**
 * Encodes a value: bytes as a copy of them, since what is sent later, and perhaps again, must not change meanwhile;
 * undefined as no bytes; everything else as JSON. Throws a TypeError where JSON.stringify does.
 */
export function encode(data: unknown): Payload {
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
    const { buffer = data, byteOffset = 0, byteLength } = data as Partial<ArrayBufferView> & ArrayBuffer;
    return { codec: CODEC_BYTES, payload: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice() };
  }
  const json = JSON.stringify(data) as string | undefined;
  return json ? { codec: CODEC_JSON, payload: new TextEncoder().encode(json) } : { codec: CODEC_BYTES, payload: EMPTY };
}

/** Decodes a payload; every codec but JSON gives bytes, and no bytes are undefined. Throws on invalid JSON. */
export function decode({ codec, payload }: Payload): unknown {
  if (codec === CODEC_JSON) {
    return JSON.parse(decodeText(payload));
  }
  return payload.length ? payload.slice() : undefined;
}
