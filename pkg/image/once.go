package image

import (
	"context"
	"sync"
)

// Once is a scanner that looks each reference up a single time in a run,
// however many targets name it, and not more than jobs at once.
func Once(s Scanner, jobs int) Scanner {
	return &once{s: s, slots: make(chan struct{}, max(jobs, 1)), known: map[string]func() (*Result, error){}}
}

type once struct {
	s     Scanner
	slots chan struct{}
	mu    sync.Mutex
	known map[string]func() (*Result, error)
}

// Scan looks the image up, or waits for who does.
func (o *once) Scan(ctx context.Context, ref string) (*Result, error) {
	key := PlatformOf(ctx) + " " + ref
	o.mu.Lock()
	f := o.known[key]
	if f == nil {
		f = sync.OnceValues(func() (*Result, error) {
			select {
			case o.slots <- struct{}{}:
				defer func() { <-o.slots }()
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
			return o.s.Scan(ctx, ref)
		})
		o.known[key] = f
	}
	o.mu.Unlock()
	return f()
}
