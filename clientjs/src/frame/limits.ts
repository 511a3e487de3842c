// Limits of the wire format (PROTOCOL 2). Numbers are at most Number.MAX_SAFE_INTEGER, 2^53-1.
export const MAX_NAME = 255; // bytes of a name, topic or key
export const MAX_REASON = 123; // bytes
export const MAX_ERROR_TEXT = 1024; // bytes
export const MAX_AUTH_TOKEN = 4096; // bytes
export const MAX_URL = 2048; // bytes
export const MAX_EXTRAS = 32;
export const MAX_EXTRA_VALUE = 4096; // bytes
export const MAX_JSON_DEPTH = 32;
export const MAX_BATCH_FRAMES = 4096;
export const DEFAULT_MAX_FRAME = 1 << 20; // bytes
