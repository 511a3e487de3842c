/** The transports of this client. */
export type Kind = "webtransport" | "websocket" | "sse" | "longpoll";

export const WT = "webtransport";
export const WS = "websocket";
export const SSE = "sse";
export const POLLS = "longpoll";

/**
 * How often in a row an attachment dies young before another kind is tried: two restarts of a server within a minute are
 * no reason to leave a transport, while something that kills it again and again is.
 */
const MAX_DEATHS = 3;

/** One kind of transport, as far as it is not the current attachment. */
export interface Lane {
  readonly kind: Kind;
  /** Open: it waits for its turn to attach, or attaches. */
  stage?: "dialing" | "open" | undefined;
  /** While it is dialled: the deadline; else 0. */
  until: number;
  /** When it is tried, while a worse one is current; 0: not planned. */
  next: number;
  /** How often it came to nothing since it worked last. */
  climbs: number;
  /** It was READY in this network, and came to nothing only since nobody could be reached. */
  proven?: boolean;
  /** The network changed while it was dialled: what becomes of that says nothing of the new one. */
  again?: boolean;
  /** It came to nothing since the last READY: that of another one makes it its own fault. */
  failed?: boolean;
  /** In a row, of young attachments. */
  deaths: number;
  /** For dying young, and it has not lived since. */
  demoted?: boolean;
}

export const due = (at: number, now: number): boolean => at > 0 && now >= at;
/** It carries both ways on one connection, and needs no session to be dialled. */
export const duplex = ({ kind }: Pick<Lane, "kind">): boolean => kind === WS || kind === WT;
export const shunned = ({ deaths }: Lane): boolean => deaths >= MAX_DEATHS;
