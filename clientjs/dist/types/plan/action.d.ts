import type { Kind } from "../kind.js";
/** Something that the plan wants done, or has decided. */
export interface Action {
    act: 
    /** POST HELLO; answer with ready or failed. */
    "create"
    /** Open a connection; answer with opened or failed. */
     | "dial"
    /** ATTACH on what was opened, or by a poll; answer with ready or failed. */
     | "attach"
    /** The current attachment is by polls, and they go on from now. */
     | "poll"
    /** Give up a connection that was dialled, opened or is attaching. */
     | "drop"
    /** The kind came to nothing although another works: it is remembered as bad. */
     | "blame"
    /** Its attachments die young: another kind is tried. */
     | "avoid"
    /** The other kind dies as well, or nothing can be reached: it was not this one's fault. */
     | "absolve"
    /** The other kind lives: this one is left alone for a while. */
     | "demote"
    /** The network is another one than remembered. */
     | "forget"
    /** The connection has carried as much as it may: another one of its kind is to take over. */
     | "rotate";
    kind?: Kind;
}
