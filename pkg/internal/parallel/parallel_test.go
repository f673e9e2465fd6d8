package parallel

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
)

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		done := make([]int, n)
		if err := Each(t.Context(), n, func(i int) { done[i]++ }); err != nil {
			t.Fatal(err)
		}
		for i, d := range done {
			if d != 1 {
				t.Errorf("%d of %d was done %d times", i, n, d)
			}
		}
	}
}

func TestEachStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	err := Each(ctx, 1<<30, func(int) {
		n.Add(1)
		cancel()
	})
	if err != context.Canceled || n.Load() > 1000 {
		t.Errorf("%v after %d", err, n.Load())
	}
}

func TestEachRaisesPanics(t *testing.T) {
	defer func() {
		p, _ := recover().(string)
		if !strings.HasPrefix(p, "broken\n") || !strings.Contains(p, "parallel_test.go") {
			t.Errorf("recovered %q", p)
		}
	}()
	_ = Each(t.Context(), 100, func(i int) {
		if i == 50 {
			panic("broken")
		}
	})
	t.Error("no panic")
}
