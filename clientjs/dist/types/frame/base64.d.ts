/** Base64url without padding. */
export declare function toBase64(p: Uint8Array): string;
/** Each value has one form only: the bits after the last byte are 0. Anything else is undefined. */
export declare function fromBase64(s: string): Uint8Array | undefined;
