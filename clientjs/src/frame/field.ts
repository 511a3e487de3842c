// The layout of frames and messages is data: both encodings and the checks walk the same tables.

// What a field is, and how it stands in binary. The argument of a field is in brackets.
export const VERSION = 0; // varint, always 1
export const NUMBER = 1; // varint [the least it may be]
export const CODE = 2; // varint
export const FINAL = 3; // varint, one more than the number; 0 is none
export const NAME = 4; // string: a name, topic or key
export const TEXT = 5; // the rest of the body, in UTF-8 [the most bytes it may have]
export const FIXED = 6; // bytes [how many]
export const TOKEN = 7; // string of 32 bytes, or empty
export const EXTRAS = 8;
export const MESSAGE = 9; // the rest of the body
export const RAW = 10; // the rest of the body

/** Its name in the object, what it is, its argument, and its name in JSON. */
export type Field = readonly [key: string, what: number, arg: number, json: string];

export const field = (key: string, what: number, arg = 0, json = key): Field => [key, what, arg, json];

export const number = (key: string, least = 0, json = key): Field => [key, NUMBER, least, json];

/** The name in JSON, and the fields in the order of the binary form. */
export interface Layout {
  readonly name: string;
  readonly fields: readonly Field[];
}

export const layout = (name: string, ...fields: Field[]): Layout => ({ name, fields });

/** A frame or a message, as the tables see it. */
export type Fields = Record<string, unknown>;
