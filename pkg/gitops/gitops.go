// Package gitops follows the objects of Argo CD and Flux to what they deploy.
// Such an object is read as it is applied: out of the manifest, overlay or
// chart that holds it, patched and with its variables replaced. What it
// deploys from this repository becomes a target; what it deploys from
// elsewhere is noted, so that no report looks as if everything that is
// deployed had been seen.
//
//   - flux.go, helmrelease.go, argo.go and appset.go read one kind of object
//     each.
//   - expand.go renders, level by level, whatever may hold such objects, and
//     knows every object seen.
//   - live.go decides which of the targets stand: what an object deploys is
//     not scanned bare too, and an object that another one patches counts only
//     as patched.
//   - origin.go tells which URL is this repository.
package gitops

import (
	"context"
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Analyzer says what GitOps objects deploy that this run does not render. The
// zero value followed none.
type Analyzer struct{ Plan *Plan }

// Name is the analyzer's name.
func (Analyzer) Name() string { return "gitops" }

// Rules is empty: a deployer is no fault.
func (Analyzer) Rules() []result.Rule { return nil }

// Knows is what following the target's objects led to.
func (a Analyzer) Knows(target string) any {
	if a.Plan == nil {
		return nil
	}
	return struct {
		followed bool
		notes    []result.Stage
	}{a.Plan.followed[target], a.Plan.notes[target]}
}

// Analyze records a skipped stage for each object that deploys something that
// is not rendered.
func (a Analyzer) Analyze(_ context.Context, x *index.Index, sink *result.Sink) error {
	if a.Plan != nil && a.Plan.followed[x.Target.Name] {
		for _, st := range a.Plan.notes[x.Target.Name] {
			sink.Stage(st)
		}
		return nil
	}
	for _, o := range x.Objects {
		if what := deploys(o); what != "" {
			sink.Stage(result.Stage{
				Name: "gitops", Target: x.Target.Name, Status: result.Skipped, At: o.At("spec").Location().Primary,
				Reason: fmt.Sprintf("%s %q deploys %s, which is not rendered with what it sets", o.Key.Kind, o.Key.Name, what),
				Hint:   "declare the chart and its values as a target in .kustoms.yaml, or set discover: true",
			})
		}
	}
	return nil
}

// The API groups of the objects that are read.
const (
	argo          = "argoproj.io"
	fluxHelm      = "helm.toolkit.fluxcd.io"
	fluxKustomize = "kustomize.toolkit.fluxcd.io"
	fluxSource    = "source.toolkit.fluxcd.io"
	fluxArtifact  = "source.extensions.fluxcd.io"
)

// deploys says what a GitOps object deploys, "" for other objects.
func deploys(o *manifest.Object) string {
	switch {
	case o.Is(argo, "Application"):
		return sources(o.At("spec"))
	case o.Is(argo, "ApplicationSet"):
		return sources(o.At("spec", "template", "spec"))
	case o.Is(fluxHelm, "HelmRelease"):
		if ref := o.At("spec", "chartRef"); ref.Exists() {
			return fmt.Sprintf("the chart of %s %q", ref.At("kind").Str(), ref.At("name").Str())
		}
		spec := o.At("spec", "chart", "spec")
		return fmt.Sprintf("chart %q from %s %q", spec.At("chart").Str(), spec.At("sourceRef", "kind").Str(), spec.At("sourceRef", "name").Str())
	case o.Is(fluxKustomize, "Kustomization"):
		ref := o.At("spec", "sourceRef")
		return fmt.Sprintf("path %q of %s %q", o.At("spec", "path").Str(), ref.At("kind").Str(), ref.At("name").Str())
	}
	return ""
}

// sources names the sources of an Argo CD Application.
func sources(spec manifest.Place) string {
	var out []string
	for s := range sourcesOf(spec) {
		if what := sourceName(s); what != "" {
			out = append(out, what)
		}
	}
	if len(out) == 0 {
		return "sources that it does not name"
	}
	return strings.Join(out, " and ")
}

func sourceName(s manifest.Place) string {
	switch repo := s.At("repoURL").Str(); {
	case s.At("chart").Exists():
		return fmt.Sprintf("chart %q from %q", s.At("chart").Str(), repo)
	case s.At("path").Exists():
		return fmt.Sprintf("path %q of %q", s.At("path").Str(), repo)
	}
	return ""
}

// sourcesOf yields the sources of an Application's spec: sources, if there are
// any, or source.
func sourcesOf(spec manifest.Place) func(func(manifest.Place) bool) {
	return func(yield func(manifest.Place) bool) {
		if many := spec.At("sources"); many.Len() > 0 {
			for s := range many.Items() {
				if !yield(s) {
					return
				}
			}
		} else if one := spec.At("source"); one.Exists() {
			yield(one)
		}
	}
}
