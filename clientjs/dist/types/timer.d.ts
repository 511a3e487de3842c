/** The time in milliseconds: that of the wall when the page was loaded, and steady from then on. */
export declare const clock: () => number;
/** The one timer for all deadlines of a driver. It notices that the machine slept. */
export declare class Timer {
    #private;
    /** tick is called when it is due; slept a little later, when that was long ago. */
    constructor(tick: () => void, slept: () => void);
    /** Arms it, for LOOK at the latest in a page that is visible. If it is armed for an earlier moment that stays. */
    arm(now: number, at: number): void;
    disarm(): void;
}
