export declare const ATTACH_DEADLINE = 5000;
/** Of an attachment without which there is none. */
export declare const HASTY_DEADLINE = 3000;
export declare const DIAL_DEADLINE = 5000;
export declare const WT_DEADLINE = 3000;
/**
 * How long an event stream may take to open. It is open when its first comment has arrived: if that takes longer,
 * something between the ends gathers what is to flow.
 */
export declare const STREAM_DEADLINE = 2000;
export declare const POLL_DELAY = 150;
export declare const STAGGER_DELAY = 100;
export declare const STREAM_DELAY = 1500;
export declare const HEDGE_DELAY = 1000;
export declare const PROVEN_DELAY = 1000;
export declare const PROVEN_JITTER = 2000;
export declare const RECONNECT_MAX = 250;
export declare const LIMITED_DELAY = 5000;
export declare const INFANCY = 2000;
export declare const YOUTH = 30000;
export declare const DEMOTION = 480000;
/** The delays before a kind that came to nothing is tried again, and all after these. */
export declare const CLIMBS: number[];
export declare const CLIMB_LAST = 480000;
/** The longest time to wait after so many failures. */
export declare const ceiling: (failures: number) => number;
/** How many attachments in a row may die at once, with nothing come through, before the next waits for longer. */
export declare const MAX_BARREN = 3;
