import { type Layout } from "./field.js";
export declare const EVENT = 1;
export declare const REQUEST = 2;
export declare const REPLY = 3;
export declare const ERROR = 4;
export declare const ITEM = 5;
export declare const END = 6;
export declare const CANCEL = 7;
export declare const CREDIT = 8;
export declare const PUBLICATION = 9;
export declare const GAP = 10;
export declare const CODEC_BYTES = 0;
export declare const CODEC_JSON = 1;
export declare const CODEC_MESSAGE_PACK = 2;
export declare const CODEC_PROTOBUF = 3;
export declare const CODEC_APPLICATION = 128;
/** A payload of no bytes. */
export declare const EMPTY: Uint8Array<ArrayBuffer>;
/** One message of any kind. Which fields count, the kind says. */
export interface Message {
    kind: number;
    codec: number;
    id?: number;
    name?: string;
    /** In an error. */
    code?: number;
    /** In an error. */
    text?: string;
    /** Bytes, in a credit. */
    credit?: number;
    topic?: string;
    epoch?: number;
    /** In a gap: the first offset that is missing. */
    offset?: number;
    /** In a gap: the last offset that is missing. */
    to?: number;
    /** EMPTY in kinds without payload. A JSON payload on its way out is valid, compact JSON. */
    payload: Uint8Array;
}
/** The layout of each kind. */
export declare const MESSAGES: readonly (Layout | undefined)[];
/**
 * Whether messages of this kind start work at the peer and are limited by its window. The others are exempt
 * (PROTOCOL 5.1, 5.2).
 */
export declare function isCounted(kind: number): boolean;
