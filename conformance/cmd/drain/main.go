// Command drain shuts a node down under traffic while another one takes over, and prints what became of the clients.
//
//	go run ./conformance/cmd/drain -clients 500
//
// It exits 1 when a promise is broken: every emit is acknowledged by exactly one node or reported as unconfirmed, in
// order; every message of a node is received or reported to it; every topic has one gap; no client is without a session
// for longer than 1 s. Clients and nodes share the process.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/weft-realtime/weft/conformance/drain"
)

func main() {
	cfg := drain.Config{}
	flag.IntVar(&cfg.Clients, "clients", 500, "how many clients")
	flag.DurationVar(&cfg.Every, "every", 500*time.Millisecond, "between two emits of a client")
	flag.DurationVar(&cfg.Within, "within", 20*time.Second, "the time for Shutdown; clients move in the first half")
	flag.Parse()
	o, err := drain.Run(cfg)
	if err == nil {
		fmt.Println(o)
		err = o.Err()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
