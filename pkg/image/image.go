// Package image lists the container images that a target deploys and is the
// seat of the scanners that look them up for known vulnerabilities. An image
// that no scanner looked at is reported as not scanned, never as clean.
package image

import (
	"context"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Analyzer collects the images of each target.
type Analyzer struct{}

// Name is the analyzer's name.
func (Analyzer) Name() string { return "images" }

// Rules is empty: what the references alone give away is for the rules of the
// image family.
func (Analyzer) Rules() []result.Rule { return nil }

// Analyze records every image reference of the target with its place, and says
// that none was looked up.
func (Analyzer) Analyze(_ context.Context, x *index.Index, sink *result.Sink) error {
	images := List(x)
	sink.Images(x.Target.Name, images)
	if len(images) == 0 {
		return nil
	}
	return &result.SkipError{
		Reason: "images were not scanned for known vulnerabilities: this version has no scanner",
		Hint:   "kustoms images lists them for a scanner of yours",
	}
}

// List is every image reference of the target's objects: containers of every
// kind in every workload, image volumes, and known fields of custom resources.
func List(x *index.Index) []result.Image {
	var out []result.Image
	for _, o := range x.Objects {
		for img := range o.Images() {
			if ref := img.Str(); ref != "" {
				out = append(out, result.Image{Ref: ref, Object: o.Key, Container: img.Container, Loc: img.Location()})
			}
		}
	}
	return out
}
