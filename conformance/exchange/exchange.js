// The client's side of an exchange, for browsers and Node: numbers both ways, counted as they arrive.

export class Count {
  received = 0
  missing = 0
  repeated = 0
  reordered = 0
  #highest = 0
  #seen = new Set()

  add(n) {
    if (this.#seen.has(n)) {
      this.repeated++
      return
    }
    if (n < this.#highest) {
      this.reordered++
      this.missing--
    } else {
      this.missing += n - this.#highest - 1
      this.#highest = n
    }
    this.#seen.add(n)
    this.received++
  }
}

export function exchange(connect, url, options = {}) {
  const s = connect(url, options)
  const began = performance.now()
  const x = {
    s,
    down: new Count(),
    confirmed: 0,
    lost: [],
    transports: [],
    pushedAfter: 0, // ms until the first event that the server sent
    session: "",

    // up emits the numbers 1 to n, at most `ahead` of what is confirmed, and resolves when all are handled.
    async up(n, ahead = 200, from = 1) {
      const waiting = new Set()
      for (let i = from; i < from + n; i++) {
        if (waiting.size >= ahead) await Promise.race(waiting)
        const one = s.emit("up", i).then(() => {
          x.confirmed++
          waiting.delete(one)
        })
        waiting.add(one)
      }
      await Promise.all(waiting)
    },

    // both sends n numbers each way and resolves with what both ends counted.
    async both(n, rate = 0) {
      const began = performance.now()
      const down = x.received(n)
      await s.call("start", { n, rate })
      await x.up(n)
      await down
      const up = await s.call("report", {})
      const seconds = (performance.now() - began) / 1000
      return { up, down: { ...x.down }, lost: x.lost, transports: x.transports, perSecond: Math.round((2 * n) / seconds) }
    },

    // received resolves when n numbers have come down.
    received(n) {
      return new Promise((resolve) => {
        const check = () => (x.down.received >= n ? resolve() : undefined)
        x.check = check
        check()
      })
    },
    check() {},
    progress: () => x.down.received + x.confirmed,
  }
  // greeted resolves to the first session's id, with the first event that the server sends.
  x.greeted = new Promise((greet) =>
    s.on("hello", (id) => {
      x.session = id
      x.pushedAfter ||= performance.now() - began
      greet(id)
    }),
  )
  s.on("down", (n) => {
    x.down.add(n)
    x.check()
  })
  s.addEventListener("lost", (e) => x.lost.push({ code: e.code, reason: e.reason, unconfirmed: e.unconfirmed.length }))
  s.addEventListener("transportchange", () => s.transport && x.transports.push(s.transport))
  return x
}
