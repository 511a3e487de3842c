// Command chaos exchanges messages between a real server and a real Go client while faults come one after the other:
// connections that are cut, silent, late, narrow, torn; datagrams that are lost; another port. It prints a line for each
// transport, and for a session that moves among all of them all the time.
//
//	go run ./conformance/cmd/chaos -transport all -messages 200000 -faults 2000 -seed 1
//
// It exits 1 when a message was lost, repeated or reordered, and says how to repeat it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/weft-realtime/weft/conformance/soak"
	"github.com/weft-realtime/weft/transport"
)

func main() {
	var cfg soak.Config
	name := flag.String("transport", "all", "webtransport, websocket, sse, longpoll, moving, or all of these")
	flag.IntVar(&cfg.Messages, "messages", 200_000, "both ways together, over each transport")
	flag.IntVar(&cfg.Faults, "faults", 2_000, "over each transport")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "seed of the faults and the moves")
	limit := flag.Duration("limit", time.Hour, "for each transport")
	flag.Parse()
	kinds := append(soak.Kinds, 0)
	if *name == "moving" {
		kinds = []transport.Kind{0}
	} else if *name != "all" {
		kinds = []transport.Kind{transport.ParseKind(*name)}
		if kinds[0] == 0 {
			fmt.Fprintf(os.Stderr, "chaos: there is no transport %q\n", *name)
			os.Exit(2)
		}
	}
	kept := true
	for _, cfg.Kind = range kinds {
		kept = run(cfg, *limit) && kept
	}
	if !kept {
		os.Exit(1)
	}
}

// run prints a line, and reports whether the promise was kept.
func run(cfg soak.Config, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	o, err := soak.Run(ctx, cfg)
	fmt.Println(o)
	for _, err := range []error{err, o.Err()} {
		if err != nil {
			fmt.Println(err)
		}
	}
	return err == nil && o.Err() == nil
}
