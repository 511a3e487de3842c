package simulator

import (
	"github.com/weft-realtime/weft/conformance/prng"
	"github.com/weft-realtime/weft/internal/core"
	"github.com/weft-realtime/weft/transport/frame"
)

// settings are what differs from run to run: windows from narrow to the defaults, patience from short to the defaults.
type settings struct {
	server, client core.Config
	topics         int
	log            core.LogLimits
	largest        int    // bytes of a payload
	keys           int    // of volatile messages
	flit           int    // one message in so many is followed by a volatile one
	json           int    // one stream in so many speaks JSON
	pulls          int    // one dial in so many is for polls
	events         int    // one dial of a stream in so many, once there is a session, is of an event stream
	talk           [2]int // client, server: one burst in so many is sent
}

// ttl is shorter than the default, so that sessions expire often enough; everything else finds its way back before.
const ttl core.Time = 90_000

func randomSettings(r *prng.Rand) settings {
	s := settings{server: core.ServerDefaults, client: core.ClientDefaults}
	s.server.Receive = frame.Window{Messages: prng.Pick[uint64](r, 16, 32, 256), Bytes: prng.Pick[uint64](r, 16<<10, 128<<10)}
	s.server.Send = frame.Window{
		Messages: prng.Pick[uint64](r, 2, 8, 64, 1024), Bytes: prng.Pick[uint64](r, 2<<10, 16<<10, 512<<10),
	}
	for _, end := range []*core.Config{&s.server, &s.client} {
		end.Queue = frame.Window{Messages: prng.Pick[uint64](r, 32, 1024), Bytes: prng.Pick[uint64](r, 32<<10, 1<<20)}
		end.Slots = prng.Pick(r, 2, 8, 64)
		end.Batch = prng.Pick(r, 512, 8<<10, 64<<10)
		end.TTL = ttl
		end.Volatile, end.Keys = prng.Pick(r, 1, 3, 256), prng.Pick(r, 1, 3, 1024)
	}
	s.keys, s.flit = prng.Pick(r, 1, 4, 400), prng.Pick(r, 2, 10)
	if r.OneIn(2) {
		s.patience(3_000, 2_000, 6_000)
	}
	s.topics = r.Between(1, 4)
	s.log = core.LogLimits{
		Publications: prng.Pick(r, 3, 20, 200), Bytes: prng.Pick(r, 2<<10, 64<<10), Age: prng.Pick[core.Time](r, 2_000, 3_600_000),
	}
	s.largest = prng.Pick(r, 500, 4<<10, 20<<10)
	s.json = prng.Pick(r, 2, 4, 8)
	s.pulls = prng.Pick(r, 1, 2, 3, 6)
	s.events = prng.Pick(r, 1, 2, 4)
	s.talk = prng.Pick(r, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 50}, [2]int{50, 1})
	return s
}

func (s *settings) patience(ping, pong, hold core.Time) {
	for _, end := range []*core.Config{&s.server, &s.client} {
		end.Ping, end.Pong, end.Hold = ping, pong, hold
	}
}
