package frame

// Limits of the wire format (PROTOCOL 2).
const (
	MaxInt          = 1<<53 - 1 // every number on the wire
	MaxName         = 255       // bytes of a name, topic or key
	MaxReason       = 123       // bytes
	MaxErrorText    = 1024      // bytes
	MaxAuthToken    = 4096      // bytes
	MaxURL          = 2048      // bytes
	MaxExtras       = 32
	MaxExtraName    = 64   // bytes
	MaxExtraValue   = 4096 // bytes
	MaxJSONDepth    = 32
	MaxBatchFrames  = 4096
	MaxFirstFrame   = 8 << 10 // bytes
	DefaultMaxFrame = 1 << 20 // bytes
)
