// Package parallel does independent pieces of work on all cores.
package parallel

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Each calls fn for 0 to n-1, in no order, as many at once as there are cores.
// It starts no more once ctx is done, and returns ctx's error. A panic in fn is
// raised again here, with its stack, where a caller can recover it: one in a
// goroutine would end the process.
func Each(ctx context.Context, n int, fn func(i int)) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	var fault atomic.Pointer[string]
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					s := fmt.Sprintf("%v\n%s", p, debug.Stack())
					fault.CompareAndSwap(nil, &s)
				}
			}()
			for ctx.Err() == nil && fault.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				fn(i)
			}
		})
	}
	wg.Wait()
	if s := fault.Load(); s != nil {
		panic(*s)
	}
	return ctx.Err()
}
