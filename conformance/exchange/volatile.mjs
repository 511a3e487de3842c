// Runs an exchange in Node under a flood of volatile messages: `node volatile.mjs URL N`. Prints the session's id, and at
// the end the outcome in JSON: that of the exchange, and what came back of the volatile ones.

import { createRequire } from "node:module"
import { connect } from "../../clientjs/dist/weft.js"
import { exchange } from "./exchange.js"

const require = createRequire(new URL("../../clientjs/package.json", import.meta.url))
const WebSocket = globalThis.WebSocket ?? require("ws")

const [url, n] = process.argv.slice(2)
const x = exchange(connect, url, { fetch, WebSocket })
await x.greeted
console.log(x.session)

const last = {} // by key
const fleeting = { taken: 0, refused: 0, back: 0, undone: 0, keys: 0 }
let arrived = () => {}
x.s.on("at", ({ key, n }) => {
  fleeting.back++
  if (n <= last[key]) fleeting.undone++
  last[key] = n
  arrived()
})
const say = (key, n) => {
  const taken = x.s.volatile("at", { key, n }, { key })
  taken ? fleeting.taken++ : fleeting.refused++
  return taken
}

let flooding = true
const flood = (i) => {
  if (!flooding) return
  for (let k = 0; k < 100; k++, i++) say(`k${i % 7}`, i)
  setImmediate(flood, i)
}
flood(1)
const outcome = await x.both(Number(n))
flooding = false

// The last values, on a connection that works and stays: nothing is sent after them, and they arrive.
x.s.force("websocket")
const settled = () => x.s.transport === "websocket" && x.s.state === "open"
while (!settled()) await new Promise((ok) => x.s.addEventListener("transportchange", ok, { once: true }))
const END = 1e9
const done = new Promise((ok) => {
  arrived = () => Object.values(last).filter((n) => n === END).length === 7 && ok()
})
for (let k = 0; k < 7; k++) say(`k${k}`, END)
await done
fleeting.keys = Object.keys(last).length
await x.s.close()
console.log(JSON.stringify({ ...outcome, fleeting }))
