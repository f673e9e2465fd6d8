// Package gitops names what Argo CD and Flux objects deploy. This version does
// not render it through them: a chart or overlay of the repository is scanned
// by itself, without what the object sets, and what is elsewhere is not
// scanned at all. Each such object is a skipped stage, so that no report looks
// as if everything that is deployed had been seen.
package gitops

import (
	"context"
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Analyzer lists the GitOps objects of each target.
type Analyzer struct{}

// Name is the analyzer's name.
func (Analyzer) Name() string { return "gitops" }

// Rules is empty: a deployer is no fault.
func (Analyzer) Rules() []result.Rule { return nil }

// Analyze records a skipped stage for each object that deploys something.
func (Analyzer) Analyze(_ context.Context, x *index.Index, sink *result.Sink) error {
	for _, o := range x.Objects {
		if what := deploys(o); what != "" {
			sink.Stage(result.Stage{
				Name: "gitops", Target: x.Target.Name, Status: result.Skipped, At: o.At("spec").Location().Primary,
				Reason: fmt.Sprintf("%s %q deploys %s, which is not rendered with what it sets", o.Key.Kind, o.Key.Name, what),
				Hint:   "declare the chart and its values as a target in .kustoms.yaml",
			})
		}
	}
	return nil
}

// deploys says what a GitOps object deploys, "" for other objects.
func deploys(o *manifest.Object) string {
	switch {
	case o.Is("argoproj.io", "Application"):
		return sources(o.At("spec"))
	case o.Is("argoproj.io", "ApplicationSet"):
		return sources(o.At("spec", "template", "spec"))
	case o.Is("helm.toolkit.fluxcd.io", "HelmRelease"):
		if ref := o.At("spec", "chartRef"); ref.Exists() {
			return fmt.Sprintf("the chart of %s %q", ref.At("kind").Str(), ref.At("name").Str())
		}
		spec := o.At("spec", "chart", "spec")
		return fmt.Sprintf("chart %q from %s %q", spec.At("chart").Str(), spec.At("sourceRef", "kind").Str(), spec.At("sourceRef", "name").Str())
	case o.Is("kustomize.toolkit.fluxcd.io", "Kustomization"):
		ref := o.At("spec", "sourceRef")
		return fmt.Sprintf("path %q of %s %q", o.At("spec", "path").Str(), ref.At("kind").Str(), ref.At("name").Str())
	}
	return ""
}

// sources names the sources of an Argo CD Application.
func sources(spec manifest.Place) string {
	var out []string
	add := func(s manifest.Place) {
		switch repo := s.At("repoURL").Str(); {
		case s.At("chart").Exists():
			out = append(out, fmt.Sprintf("chart %q from %q", s.At("chart").Str(), repo))
		case s.At("path").Exists():
			out = append(out, fmt.Sprintf("path %q of %q", s.At("path").Str(), repo))
		}
	}
	if many := spec.At("sources"); many.Exists() {
		for s := range many.Items() {
			add(s)
		}
	} else {
		add(spec.At("source"))
	}
	if len(out) == 0 {
		return "sources that it does not name"
	}
	return strings.Join(out, " and ")
}
