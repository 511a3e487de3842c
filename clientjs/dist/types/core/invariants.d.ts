import type { End } from "./core.js";
/**
 * Returns what is wrong when an invariant of PROTOCOL 1.8, 5.1, 5.4, 17.3 or 17.5 does not hold, else "". Tests call it after every
 * step.
 */
export declare function check(e: End): string;
