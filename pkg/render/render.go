// Package render defines what a renderer gives: the documents of one target,
// byte for byte what `helm template` or `kustomize build` would print, each
// line mapped to the source line that a person edits. The sub-packages each
// keep one heavy library to themselves.
package render

import (
	"context"
	"errors"
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Renderer renders targets of one kind. Safe for concurrent use.
type Renderer interface {
	// Render returns what the target deploys, but for the stages that follow
	// every renderer: PostRender and PostBuild. An error that names a source
	// line is a *Fault.
	Render(ctx context.Context, t result.Target) (*Output, error)
}

// Output is one rendered target.
type Output struct {
	// Documents in order of output. Text, Line, Path, Target and Map are set;
	// Node is not.
	Documents []*manifest.Document
	// Text is the whole output, as the upstream program prints it. A
	// document's Line counts in it.
	Text []byte
	// Warnings are what the upstream library would print to stderr.
	Warnings []string
	// KubeVersion is the Kubernetes version rendered for ("v1.34.0"), "" if
	// it does not matter to the renderer.
	KubeVersion string
	// Coverage lists the template lines that could have printed something.
	Coverage []FileCoverage
}

// FileCoverage says which lines of a template printed something in a render.
// Lines are 1-based and sorted; Rendered is a subset of Lines.
type FileCoverage struct {
	Path     string
	Lines    []int
	Rendered []int
}

// Fault is broken input: the source line, what is wrong, and what to do.
type Fault struct {
	At   source.Span
	Msg  string
	Hint string
	Err  error
}

func (f *Fault) Error() string {
	if f.At.IsZero() {
		return f.Msg
	}
	return fmt.Sprintf("%s: %s", f.At, f.Msg)
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// AsFault finds the Fault in err, or makes one without a line.
func AsFault(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Msg: err.Error(), Err: err}
}

// Faults are the faults that err joins, or the one that it is.
func Faults(err error) []*Fault {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []*Fault{AsFault(err)}
	}
	var out []*Fault
	for _, e := range joined.Unwrap() {
		out = append(out, Faults(e)...)
	}
	return out
}
