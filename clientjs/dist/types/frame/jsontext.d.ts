/** What an object of JSON holds, and the text of its member "p": a value would not go out again as it came in. */
export interface Parsed {
    members: Record<string, unknown>;
    p: string;
}
/** Parses the line of a frame, and refuses what JSON.parse would let pass. */
export declare function parseLine(line: string): Parsed;
export declare function isObject(v: unknown): v is Record<string, unknown>;
