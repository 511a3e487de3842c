/**
 * The client of a page that is visible has a look at the time of day so often. If that is so much later than it should be,
 * the machine slept: nobody else tells.
 */
export declare const LOOK = 2000;
export declare const SLEPT = 2000;
/** What had arrived before the machine slept has so long to be taken: it is no sign of life. */
export declare const STALE = 50;
/** While a WebSocket takes nothing more, it is looked at again so often: it has no event for that. */
export declare const BLOCKED = 50;
/** Bytes that may wait in a WebSocket; what is beyond waits in the session, where it can still be counted. */
export declare const BUFFER: number;
/** Datagrams that may wait in a WebTransport; beyond, volatile messages wait where a newer one takes the place of an older. */
export declare const DATAGRAMS = 32;
/** A request that fails is made so many times. Then the link is dead: the session knows better what to do. */
export declare const TRIES = 2;
/** Between tries, and after polls that brought nothing: not every server, or what is before it, holds them. */
export declare const PAUSE = 50;
/** A poll that fails after so long was cut for being held, it seems. */
export declare const HELD = 2000;
/** What is being sent when a link is closed has so long to arrive: it may be the session's last word. */
export declare const GRACE = 2000;
/** What a line of an event stream may be longer than twice maxFrame, in characters; the first one is a long comment. */
export declare const LINE_SLACK: number;
/** How many publications an iterator holds that its loop has not taken. */
export declare const ITERATOR_LIMIT = 256;
/** A timer is never set for longer: beyond 2^31 browsers fire it at once. */
export declare const LONGEST = 1000000000;
/** How long close waits for what was sent to be handled. */
export declare const CLOSE_TIMEOUT = 10000;
/** How long an old session is waited for that has no connection and nothing to say (PROTOCOL 18.4). */
export declare const LAST_WORD = 1000;
/** The longest time to move within that a server may ask for. */
export declare const LONGEST_MOVE = 3600000;
