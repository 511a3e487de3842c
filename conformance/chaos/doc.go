// Package chaos puts faults between a client and a server, for tests on loopback.
//
// Proxy works on TCP, HTTP on requests and answers, UDP on datagrams. The first two compose: the target of one is the address of the other.
// Everything may be called concurrently with everything else, unless it says otherwise. Faults are in force until they
// are lifted, Heal lifts all of them, and Close ends everything and returns when nothing runs any more.
//
// What Proxy does to connections:
//
//	CutRST, CutFIN             end them all, now
//	SetLifetime, SetIdle       end each that is too old, or too long without a byte
//	HalfOpen                   reset one side, tell the other nothing
//	BlackHole                  let nothing through, no new connection either, for a while
//	Stall                      let nothing through in one direction
//	SetDelay                   latency
//	SetDrip                    a narrow line
//	TruncateAfter              end one in mid-frame
//	RefuseConns, SetAcceptRate reset new connections, or keep them waiting
//	Stop, Restart              a server whose process dies, and is there again
//	Random                     one of these, seeded
//
// What HTTP does to requests, picked by Path, Method, Upgrade and Any, and these by First, Nth, Chance and All:
//
//	DropRequest                the server never hears it, the client gets a reset
//	HangRequest                the server never hears it, the client gets no answer
//	FailRequest                the server never hears it, the client gets a 502 or 504
//	DeliverLater               the client gets a reset, the server hears it later
//	SwapRequests               two arrive in the other order
//	DuplicateRequest           it arrives twice
//	DuplicateLater             it arrives once more, later
//
// to the answers, once the server has heard the request, picked in the same ways:
//
//	DropAnswer                 the client gets a reset
//	HangAnswer                 the client gets nothing
//	FailAnswer                 the client gets a 502 or 504
//	Random                     one of those above, TruncateAnswer among them, seeded
//
// to the bodies of answers, picked by AnswerTo, EventStream and Any:
//
//	TruncateAnswer             less than Content-Length said, or no last chunk
//	BufferAnswers              nothing before so many bytes have gathered, or before the end
//
// and to WebSocket:
//
//	RefuseUpgrade              an error status
//	HangUpgrade                no answer
//	SilentUpgrade              101, and the server knows nothing of it
//	MuteUpgraded               silence after the 101, or so many bytes later
//	KillUpgraded               a reset, some time after the 101
//
// What UDP does to datagrams:
//
//	SetLoss, Vanish            lose some, or all
//	SetDelay                   latency
//	Rebind                     another port towards the server
package chaos
