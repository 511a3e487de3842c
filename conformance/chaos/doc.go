// Package chaos puts faults between a client and a server, for tests on loopback.
//
// Proxy works on TCP: it cuts, stalls, delays, truncates and half-opens connections while traffic flows. HTTP works on
// requests: it refuses upgrades, loses answers and repeats requests. They compose: the target of one is the address of
// the other. Everything may be called concurrently with everything else, unless it says otherwise.
package chaos
