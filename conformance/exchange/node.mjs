// Runs an exchange in Node: `node node.mjs URL N RATE`. Prints how many messages have arrived now and then, and the
// outcome as the last line, in JSON. Node 20 has no WebSocket of its own, so the client is given one.

import { createRequire } from "node:module"
import { connect } from "../../clientjs/dist/weft.js"
import { exchange } from "./exchange.js"

const require = createRequire(new URL("../../clientjs/package.json", import.meta.url))
const WebSocket = globalThis.WebSocket ?? require("ws")

const [url, n, rate] = process.argv.slice(2)
const x = exchange(connect, url, { fetch, WebSocket })
const ticker = setInterval(() => console.log("progress", x.progress()), 20)
await x.s.ready
console.log("session", x.session)
const outcome = await x.both(Number(n), Number(rate))
clearInterval(ticker)
await x.s.close()
console.log(JSON.stringify(outcome))
