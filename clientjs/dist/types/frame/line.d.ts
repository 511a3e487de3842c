import { type Frame } from "./frame.js";
/**
 * Decodes a line of the JSON encoding as an encoder writes it: "t" comes first, the payload last, and there is no
 * white space. A frame of an unknown type is undefined, to be skipped. It throws on what nobody could use, and where a
 * payload stands elsewhere; the decoder in json.ts is strict and takes every spelling, for more bytes.
 *
 * The payload stays text, for its bytes are counted, and -0 or 1e400 would not go out as they came in. It is where it
 * seems to begin: quotes within strings are escaped, deeper in the object there is no whole one before it, and with a
 * member behind it the payload is no JSON.
 */
export declare function decodeLine(line: string): Frame | undefined;
