package soak

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/weft-realtime/weft/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the faults")

// Over each transport, and moving among all of them, everything arrives once and in order. PROTOCOL 1.10
func TestSoak(t *testing.T) {
	t.Logf("-seed=%d", *seed)
	for _, kind := range append(Kinds, 0) {
		cfg := Config{Kind: kind, Messages: 4000, Faults: 20, Seed: *seed}
		t.Run(cfg.Name(), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			o, err := Run(ctx, cfg)
			t.Log(o, o.Took)
			if err != nil {
				t.Fatal(err)
			}
			if err := o.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}
