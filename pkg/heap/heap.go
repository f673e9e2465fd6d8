// Package heap paces the garbage collector of a program that allocates much of
// which little lives: a small heap may grow several times over before it is
// collected, a large one by half only, so that a runner of little memory is
// enough. What GOGC and GOMEMLIMIT say stands.
package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// percent is the growth of a heap that is far below the limit.
	percent = 200
	// soft is the limit of all memory, in bytes, as long as what lives leaves
	// room in it.
	soft = 640 << 20
	// room is what there is beside what lives and half of it once more.
	room = 32 << 20
)

// Pace sets the pace, and sets it again after each collection. Call it once.
func Pace() {
	if old := debug.SetGCPercent(percent); old != 100 {
		debug.SetGCPercent(old)
		return
	}
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	debug.SetMemoryLimit(soft)
	watch(soft)
}

// collected is garbage that tells when it is collected.
type collected struct{ limit int64 }

func watch(limit int64) {
	runtime.SetFinalizer(&collected{limit}, func(c *collected) {
		l := limitFor(live())
		if l != c.limit {
			debug.SetMemoryLimit(l)
		}
		watch(l)
	})
}

// limitFor is the limit where so many bytes live: a fixed one would have the
// collector run all the time once they come near it.
func limitFor(live uint64) int64 { return max(soft, int64(live+live/2+room)) }

// live is what the last collection left.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}
