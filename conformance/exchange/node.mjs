// Runs an exchange in Node: `node node.mjs URL N`. Prints the session's id, and at the end the outcome in JSON, a line
// each. Node 20 has no WebSocket of its own, so the client is given one.

import { createRequire } from "node:module"
import { connect } from "../../clientjs/dist/weft.js"
import { exchange } from "./exchange.js"

const require = createRequire(new URL("../../clientjs/package.json", import.meta.url))
const WebSocket = globalThis.WebSocket ?? require("ws")

const [url, n] = process.argv.slice(2)
const x = exchange(connect, url, { fetch, WebSocket })
await x.greeted
console.log(x.session)
const outcome = await x.both(Number(n))
await x.s.close()
console.log(JSON.stringify(outcome))
