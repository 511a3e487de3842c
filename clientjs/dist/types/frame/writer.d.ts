/** The length of a number's varint in bytes (PROTOCOL 2.2). */
export declare function varintSize(v: number): number;
/** A buffer that grows. */
export declare class Writer {
    #private;
    get length(): number;
    /** What was written, as a copy. The writer is empty afterwards and may be used again. */
    take(): Uint8Array;
    byte(v: number): void;
    bytes(p: Uint8Array): void;
    text(s: string): void;
    /** A varint: the two high bits of its first byte give its length. */
    varint(v: number): void;
    /** Writes what body writes, and its length before it. */
    sized(body: () => void): void;
}
