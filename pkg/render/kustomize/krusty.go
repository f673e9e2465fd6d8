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

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// turn is held by the one build that runs in this process. krusty keeps its
// OpenAPI schema in package variables that a kustomization can set, and prints
// warnings to the process's stderr and logger: neither can be had per build,
// so builds take turns (kustomize issues 4824 and 5805). It is a channel
// because a build that waits must still heed its context.
var turn = make(chan struct{}, 1)

// maxWarnings is how many bytes of a build's warnings are kept.
const maxWarnings = 64 << 10

// built is what one run of krusty gave.
type built struct {
	resources resmap.ResMap
	text      []byte // printed, if it was asked for
	warnings  []string
	err       error
}

// build runs krusty on the directory dir of v. It gives up when ctx ends; the
// run itself then ends at its next read of a file, and holds its turn until
// it has. openAPI says that a kustomization of the build sets a schema.
func build(ctx context.Context, v *view, dir string, openAPI, text bool) built {
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return built{err: context.Cause(ctx)}
	}
	done := make(chan built, 1)
	go func() {
		defer func() { <-turn }()
		var b built
		b.warnings = captured(func() { b.run(v, dir, openAPI, text) })
		done <- b
	}()
	select {
	case b := <-done:
		return b
	case <-ctx.Done():
		return built{err: context.Cause(ctx)}
	}
}

func (b *built) run(v *view, dir string, openAPI, text bool) {
	defer func() {
		if p := recover(); p != nil {
			b.err = fmt.Errorf("kustomize panicked: %v", p)
		}
	}()
	if openAPI {
		// A schema is added to what the process has, and stays: only such
		// builds need, and leave, a clean one.
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	}
	opts := krusty.MakeDefaultOptions()
	opts.Reorder = krusty.ReorderOptionUnspecified // what the program does without a flag
	b.resources, b.err = krusty.MakeKustomizer(opts).Run(v, v.abs(dir))
	if b.err == nil && text {
		b.text, b.err = b.resources.AsYaml()
	}
}

// captured runs fn and returns the lines, each once, that it printed to the
// process's stderr and standard logger. Call it with the turn held.
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
	stderr, logTo, logFlags := os.Stderr, log.Writer(), log.Flags()
	os.Stderr = w
	log.SetOutput(w)
	log.SetFlags(0)
	func() {
		defer func() {
			os.Stderr = stderr
			log.SetOutput(logTo)
			log.SetFlags(logFlags)
			w.Close()
		}()
		fn()
	}()
	wg.Wait()
	r.Close()
	var lines []string
	for l := range strings.Lines(text.String()) {
		l = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(l), "# Warning:"))
		if l != "" && !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	return lines
}
