package kustomize

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// krusty keeps its OpenAPI schema in package variables, and prints warnings to
// the process's stderr and logger (kustomize issues 4824 and 5805). What a
// build may change of the schema is known: krusty sets it from the field
// "openapi" of the kustomizations that it loads, and from nothing else ("crds"
// only adds to the build's own configuration). A build without that field
// reads the schema, so any number of them run at once; one with it runs alone
// and leaves a clean schema behind. So does one with "vars", for the sake of
// the warnings that are logged of them.
//
// turns counts the builds that may run: a shared one takes one, one that is
// alone takes all.
var turns = semaphore.NewWeighted(maxBuilds)

const maxBuilds = 1 << 10

// maxWarnings is how many bytes of a build's warnings are kept.
const maxWarnings = 64 << 10

// mode is how a build runs beside others.
type mode struct {
	schema bool // it sets the OpenAPI schema
	logs   bool // it may log warnings
}

func (m mode) turns() int64 {
	if m.schema || m.logs {
		return maxBuilds
	}
	return 1
}

// built is what one run of krusty gave.
type built struct {
	resources resmap.ResMap
	text      []byte
	warnings  []string // logged ones
	err       error
}

// build runs krusty on the directory dir of v. It gives up when ctx ends; the
// run itself then ends at its next read of a file, and holds its turn until
// it has.
func build(ctx context.Context, v *view, dir string, m mode) built {
	if turns.Acquire(ctx, m.turns()) != nil {
		return built{err: context.Cause(ctx)}
	}
	done := make(chan built, 1)
	go func() {
		defer turns.Release(m.turns())
		var b built
		if m.turns() == 1 {
			quiet.enter()
			defer quiet.leave()
			b.run(v, dir, m)
		} else {
			b.warnings = captured(func() { b.run(v, dir, m) })
		}
		done <- b
	}()
	select {
	case b := <-done:
		return b
	case <-ctx.Done():
		return built{err: context.Cause(ctx)}
	}
}

func (b *built) run(v *view, dir string, m mode) {
	defer func() {
		if p := recover(); p != nil {
			b.err = fmt.Errorf("kustomize panicked: %v", p)
		}
	}()
	if m.schema {
		// A schema is added to what the process has, and stays.
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	} else {
		// Parsed before it is read: krusty's readers take no lock. The answers
		// are those of a program that parses it when it must.
		openapi.Schema()
	}
	opts := krusty.MakeDefaultOptions()
	opts.Reorder = krusty.ReorderOptionUnspecified // what the program does without a flag
	if b.resources, b.err = krusty.MakeKustomizer(opts).Run(v, v.abs(dir)); b.err == nil {
		b.text, b.err = b.resources.AsYaml()
	}
}

// silence discards what builds that run at once print to the process's stderr
// and logger: nobody could say whose it is. What they print there are the
// deprecations that the loader knows.
type silence struct {
	mu     sync.Mutex
	inside int
	undo   func()
}

var quiet silence

func (s *silence) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inside++; s.inside > 1 {
		return
	}
	r, w, err := os.Pipe()
	if err != nil {
		s.undo = func() {}
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, r)
		r.Close()
	}()
	back := redirect(w)
	s.undo = func() { back(); w.Close() }
}

func (s *silence) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inside--; s.inside == 0 {
		s.undo()
	}
}

// redirect sends the process's stderr and standard logger to w until back is
// called.
func redirect(w *os.File) (back func()) {
	stderr, logTo, logFlags := os.Stderr, log.Writer(), log.Flags()
	os.Stderr = w
	log.SetOutput(w)
	log.SetFlags(0)
	return func() {
		os.Stderr = stderr
		log.SetOutput(logTo)
		log.SetFlags(logFlags)
	}
}

// captured runs fn and returns the lines that it printed to the process's
// stderr and standard logger. Call it with all turns held.
func captured(fn func()) []string {
	r, w, err := os.Pipe()
	if err != nil {
		fn()
		return nil
	}
	var text bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() {
		// The rest is read too, or the writer would block.
		_, _ = io.Copy(&text, io.LimitReader(r, maxWarnings))
		_, _ = io.Copy(io.Discard, r)
	})
	func() {
		defer w.Close()
		defer redirect(w)()
		fn()
	}()
	wg.Wait()
	r.Close()
	return slices.Collect(strings.Lines(text.String()))
}

// plainWarnings are the warnings, each once, as people read them.
func plainWarnings(warnings []string) (out []string) {
	for _, l := range warnings {
		l = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(l), "# Warning:"))
		if l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}
