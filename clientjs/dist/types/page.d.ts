import type { Driver } from "./driver.js";
/** Whether nobody looks at the page; undefined where there is none. */
export declare const hidden: () => boolean | undefined;
/** Hands on what a page is told of its network and of its own sleep, until signal aborts (PROTOCOL 13.5, 13.7). */
export declare function listen(drivers: () => readonly Driver[], signal: AbortSignal): void;
