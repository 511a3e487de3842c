/** The transports of this client. */
export type Kind = "webtransport" | "websocket" | "sse" | "longpoll";
export declare const WT = "webtransport";
export declare const WS = "websocket";
export declare const SSE = "sse";
export declare const POLLS = "longpoll";
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
export declare const due: (at: number, now: number) => boolean;
/** It carries both ways on one connection, and needs no session to be dialled. */
export declare const duplex: ({ kind }: Pick<Lane, "kind">) => boolean;
export declare const shunned: ({ deaths }: Lane) => boolean;
