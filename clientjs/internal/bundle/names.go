package main

import "strings"

// internalNames are names of properties that only the modules of the client use among themselves: they become short in
// the bundle. Names that an application sees, that the platform has, or that stand in the layouts of frames and messages
// must not be among them; TestInternalNames holds the list against the published declarations.
var internalNames = strings.Fields(`
abortAll act again answer answered append ask asked attach
batch begin binding bindings byte
cancel canStart cfg climbs closing core counted current cursor cut
dead deadline deaths demoted detach detached died direct door down drain drained dropped due
end exempt
fail failed fields flight frame frames free full
giveUp gone
head hear heard held heldUp hide hold host
inbox item items
lastRequest latest leave left limited live local
mount moved ms mute
nextId
onePasses online open opened outstanding over
peerAck peerRcv pending ping pingAt pingNonce poll pong post prove proven pulled put
receive received receiver remote remove request requests rest rewind run
schedule seen sender sendVolatile sentAt session settled setup since sized slots srtt stage start starved suspect
tag take takes tick told took tried
una unreceived until untold
varint
waiting wake welcome why window written wrote
`)

func mangle() string { return "^(" + strings.Join(internalNames, "|") + ")$" }
