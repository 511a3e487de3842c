// Command storm cuts many clients at once, then kills their server and starts it again, and prints how they come back.
//
//	go run ./conformance/cmd/storm -clients 2000 -seed 1
//
// It exits 1 when a promise is broken: everybody is back within 5 s, by polls or WebSocket, and on WebSocket in the end;
// no transport is blamed; the connections come spread, no 50 ms with more than 3 times their mean (see package storm);
// nothing is lost, repeated or reordered within a session.
//
// A client is back when it has READY and its application is told, counted from the cut, or from when the server was
// killed. Clients and server share the machine.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/weft-realtime/weft/conformance/storm"
)

func main() {
	storm.Main()
	var cfg storm.Config
	flag.IntVar(&cfg.Clients, "clients", 2000, "how many clients")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "seed of the moments at which the clients emit")
	flag.DurationVar(&cfg.Every, "every", 0, "between two emits of a client (default 1s)")
	flag.Parse()
	kept := true
	err := storm.Run(cfg, func(o storm.Outcome) {
		fmt.Println(o)
		if err := o.Err(); err != nil {
			fmt.Println(err)
			kept = false
		}
		for _, d := range o.Log {
			fmt.Println(d.Time.Format("15:04:05.000"), d.What, d.Transport, d.Reason)
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		kept = false
	}
	if !kept {
		os.Exit(1)
	}
}
