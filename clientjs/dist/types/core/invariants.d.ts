import type { End } from "./core.js";
/**
 * Returns what is wrong when an invariant of PROTOCOL 1.8, 5.1 or 5.4 does not hold, else "". Tests call it after every
 * step.
 */
export declare function check(e: End): string;
