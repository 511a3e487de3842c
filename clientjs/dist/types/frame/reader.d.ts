/** Decodes UTF-8, and refuses what is not. */
export declare function decodeText(p: Uint8Array): string;
/** Reads fields off a body. What it gives aliases the body. */
export declare class Reader {
    #private;
    constructor(body: Uint8Array);
    /** How many bytes are left. */
    get length(): number;
    take(n?: number): Uint8Array;
    byte(): number;
    /** A varint, which must be minimal and at most 2^53-1 (PROTOCOL 2.2). */
    varint(): number;
    /** A string: a length and that many bytes. */
    string(): Uint8Array;
}
