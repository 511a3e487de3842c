/**
 * How long polls may be held. Something between the ends may cut what is silent for long: a time that two polls did not
 * survive, and none between them did, is stayed below from then on.
 */
export declare class Hold {
    #private;
    /** In milliseconds; Infinity leaves it to the server. */
    ms: number;
    /** Takes note of a poll that was answered, or failed, after so many milliseconds. Failing soon says nothing. */
    took(ms: number, answered: boolean): void;
}
