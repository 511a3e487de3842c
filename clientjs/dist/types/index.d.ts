/** The version of this client. */
export declare const version = "0.1.0";
