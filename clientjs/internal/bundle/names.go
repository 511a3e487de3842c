package main

import "strings"

// internalNames are names of properties that only the modules of the client use among themselves: they become short in
// the bundle. Names that an application sees, that the platform has, or that stand in the layouts of frames and messages
// must not be among them; TestInternalNames holds the list against the published declarations.
var internalNames = strings.Fields(`
abortAll absolve act again aim allLanes answer answered append arm ask asked attach attached attachOpen attempt
attempts attemptUntil
backoff batch begin better binding bindings blame both byte
cancel candidate canStart carrier cfg climb climbs closing core counted created current cursor cut
dead deadline deaths demote demoted detach detached dial dialing died direct disarm door doubtful down drain drained
dropped due
early elsewhere end exempt expire expires
fail failed failures fell fields flight forced frame frames free full
giveUp gone goOn grounded
head hear heard hedge hedgeAt held heldUp hide hold host
inbox item items
jitter
landed laneOf lanes lastRequest latest leave left letGo limited live local
mount move moved ms mute
nextId notBefore
offers onePasses online only open opened outbox outstanding over
peerAck peerRcv pending ping pingAt pingNonce poll pollAt polling polls pong post proceed progress promise prove proven
provenAt pulled put
readyAt receive received receiver rejoin remote remove renew renews request requests rest retry retryAt rewind
rotateAt run
schedule seen sender sending sendVolatile sentAt session settled setup since sized slots soon srtt stage start
starved stay suspect suspected
tag take takes through tick told took tried
una unreceived unseen until untold
varint
waiting waits wake welcome why window within wornLane written wrote
`)

func mangle() string { return "^(" + strings.Join(internalNames, "|") + ")$" }
