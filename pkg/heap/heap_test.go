package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The limit follows what lives, up and down again, and an operator's stands.
func TestPace(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	debug.SetMemoryLimit(1 << 40)
	Pace()
	if got := debug.SetMemoryLimit(-1); got != 1<<40 {
		t.Errorf("the operator's limit became %d", got)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	debug.SetGCPercent(100)
	Pace()
	if got := debug.SetMemoryLimit(-1); got != soft {
		t.Errorf("the limit is %d, want %d", got, soft)
	}
	held := make([]byte, 500<<20)
	reaches := func(ok func(int64) bool) {
		t.Helper()
		for range 200 {
			runtime.GC()
			if ok(debug.SetMemoryLimit(-1)) {
				return
			}
			time.Sleep(10 * time.Millisecond) // finalizers run beside
		}
		t.Errorf("the limit stays %d", debug.SetMemoryLimit(-1))
	}
	reaches(func(l int64) bool { return l >= 750<<20 && l < 1000<<20 })
	runtime.KeepAlive(held)
	held = nil
	reaches(func(l int64) bool { return l == soft })
}
