import { type Encoding } from "./frame.js";
/** The binary encoding: WebSocket messages of subprotocol weft.1, POST and poll bodies. */
export declare const binary: Encoding;
