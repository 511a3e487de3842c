import { type Encoding } from "./frame.js";
/** The JSON encoding: WebSocket text messages of subprotocol weft.1.json. A bundle that does not use it lacks it. */
export declare const json: Encoding;
