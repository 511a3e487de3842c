export declare const VERSION = 0;
export declare const NUMBER = 1;
export declare const CODE = 2;
export declare const FINAL = 3;
export declare const NAME = 4;
export declare const TEXT = 5;
export declare const FIXED = 6;
export declare const TOKEN = 7;
export declare const EXTRAS = 8;
export declare const MESSAGE = 9;
export declare const RAW = 10;
/** Its name in the object, what it is, its argument, and its name in JSON. */
export type Field = readonly [key: string, what: number, arg: number, json: string];
export declare const field: (key: string, what: number, arg?: number, json?: string) => Field;
export declare const number: (key: string, least?: number, json?: string) => Field;
/** The name in JSON, and the fields in the order of the binary form. */
export interface Layout {
    readonly name: string;
    readonly fields: readonly Field[];
}
export declare const layout: (name: string, ...fields: Field[]) => Layout;
/** A frame or a message, as the tables see it. */
export type Fields = Record<string, unknown>;
