// The plan's times in milliseconds (PROTOCOL 12.2, 14).

export const ATTACH_DEADLINE = 5_000;
/** Of an attachment without which there is none. */
export const HASTY_DEADLINE = 3_000;
export const DIAL_DEADLINE = 5_000;
export const WT_DEADLINE = 3_000;
/**
 * How long an event stream may take to open. It is open when its first comment has arrived: if that takes longer,
 * something between the ends gathers what is to flow.
 */
export const STREAM_DEADLINE = 2_000;

export const POLL_DELAY = 150;
export const STAGGER_DELAY = 100;
export const STREAM_DELAY = 1_500;
export const HEDGE_DELAY = 1_000;
export const PROVEN_DELAY = 1_000;
export const PROVEN_JITTER = 2_000;
export const RECONNECT_MAX = 250;
export const LIMITED_DELAY = 5_000;

export const INFANCY = 2_000;
export const YOUTH = 30_000;
export const DEMOTION = 480_000;
/** The delays before a kind that came to nothing is tried again, and all after these. */
export const CLIMBS = [30_000, 120_000];
export const CLIMB_LAST = 480_000;

const BACKOFF_BASE = 500;
const BACKOFF_MAX = 30_000;

/** The longest time to wait after so many failures. */
export const ceiling = (failures: number): number => Math.min(BACKOFF_BASE * 2 ** failures, BACKOFF_MAX);

/** How many attachments in a row may die at once, with nothing come through, before the next waits for longer. */
export const MAX_BARREN = 3;
