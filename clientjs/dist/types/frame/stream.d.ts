/**
 * How many bytes at the beginning of p are whole frames. Throws a FrameError when a frame is longer than it may be, so
 * that nobody waits for it.
 */
export declare function whole(p: Uint8Array, maxFrame: number): number;
/** Takes the VOLATILE frames that fit a datagram out of a batch: what is left, and those. */
export declare function split(batch: Uint8Array): [frames: Uint8Array, volatile: Uint8Array[]];
