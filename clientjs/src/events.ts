// What a session tells.

/**
 * What a session is doing: opening one; connected; without a connection, on the way back; ending, when what was sent
 * has been handled; ended.
 */
export type State = "connecting" | "open" | "detached" | "closing" | "closed";

/** A message that is not known to have been handled. */
export interface Unconfirmed {
  kind: "emit" | "call";
  name: string;
  data: unknown;
  /** It was on its way, and may have been handled; otherwise it never left. */
  sent: boolean;
}

/** How a session ended. */
export interface Ending {
  /** A code of PROTOCOL.md section 12; 1000 after close. */
  code: number;
  reason: string;
  /** In the order in which they were sent. */
  unconfirmed: Unconfirmed[];
}

export interface EndEvent extends Event, Ending {}

/** A message that nobody listened to: a direct event, or a publication of topic. */
export interface UnhandledEvent extends Event {
  name: string;
  data: unknown;
  topic?: string;
  offset?: number;
}

export interface SessionEvents {
  /** state changed. */
  statechange: Event;
  /** transport changed. */
  transportchange: Event;
  /**
   * The session was lost, and another one is being opened; or it goes on at another node, with code 4503, since the server
   * is being shut down. Topics are followed again.
   */
  lost: EndEvent;
  unhandled: UnhandledEvent;
  /** The session has ended, and no other follows. */
  closed: EndEvent;
}
