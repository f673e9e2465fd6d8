// Package image lists the container images that a target deploys and looks
// them up for known vulnerabilities, through whichever Scanner the run has. An
// image that no scanner looked at is reported as not scanned, never as clean.
package image

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Analyzer collects the images of each target and reports what Scanner knows
// of them: a finding for each image and vulnerability.
type Analyzer struct {
	// Scanner looks images up; nil for none.
	Scanner Scanner
	// On is which of Rules are on; nil for all.
	On map[string]bool
}

// Family is the family of vulnerabilities among rules: each is a rule of its
// own, under its id.
const Family = "vulnerability"

// Name is the analyzer's name.
func (Analyzer) Name() string { return "images" }

// Rules are those about what images hold. Vulnerabilities become rules when
// they are found, and what references alone give away is for the rules of the
// image family.
func (a Analyzer) Rules() []result.Rule {
	return slices.DeleteFunc(Rules(), func(m result.Rule) bool { return m.ID == Family || !a.on(m.ID) })
}

func (a Analyzer) on(id string) bool { return a.On == nil || a.On[id] }

// Analyze records every image reference of the target with its place, and
// looks the images up. One that cannot be read is a failed stage with its
// name; the others are still looked up.
func (a Analyzer) Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error {
	images := List(x)
	for _, l := range Unreached(x) {
		sink.Stage(result.Stage{
			Name: a.Name(), Target: x.Target.Name, Status: result.Skipped, At: l.Loc.Primary,
			Reason: fmt.Sprintf("%q of %s looks like an image, and no container runs it: not scanned", l.Ref, l.Object),
		})
	}
	if a.Scanner == nil {
		sink.Images(x.Target.Name, images)
		if len(images) == 0 {
			return nil
		}
		return &result.SkipError{
			Reason: "images were not scanned for known vulnerabilities: nobody asked for it",
			Hint:   "kustoms scan --images --allow-network --registry HOST reads them; kustoms images lists them",
		}
	}
	places := map[string][]int{} // by reference
	var refs []string
	for i, img := range images {
		if places[img.Ref] == nil {
			refs = append(refs, img.Ref)
		}
		places[img.Ref] = append(places[img.Ref], i)
	}
	results := make([]*Result, len(refs))
	errs := make([]error, len(refs))
	var wg sync.WaitGroup
	for i, ref := range refs {
		wg.Go(func() { results[i], errs[i] = a.scan(ctx, ref) })
	}
	wg.Wait()
	for i, ref := range refs {
		at := images[places[ref][0]].Loc.Primary
		if errs[i] != nil {
			st := result.Stage{Name: a.Name(), Target: x.Target.Name, Status: result.Failed, At: at, Reason: fmt.Sprintf("image %q: %s", ref, reason(errs[i]))}
			st.Hint = Hint(errs[i])
			sink.Stage(st)
			continue
		}
		for _, g := range results[i].Gaps {
			st := result.Stage{Name: a.Name(), Target: x.Target.Name, Status: result.Failed, At: at, Reason: fmt.Sprintf("image %q: %s", ref, g), Hint: g.Hint}
			if g.Known {
				st.Status = result.Skipped
			}
			sink.Stage(st)
		}
		var where []result.Image
		for _, p := range places[ref] {
			images[p].Scanned, images[p].Digest = true, results[i].Image.Digest
			where = append(where, images[p])
		}
		if a.on(Family) {
			Report(sink, x.Target.Name, where, results[i])
		}
		a.contents(sink, x.Target.Name, where, results[i], func(i result.Image) (manifest.Pod, manifest.Container, bool) { return container(x, i) })
	}
	sink.Images(x.Target.Name, images)
	return nil
}

// container is the container that the image is of; ok is false for what is no
// container.
func container(x *index.Index, i result.Image) (pod manifest.Pod, c manifest.Container, ok bool) {
	for _, o := range x.Objects {
		if o.Key != i.Object {
			continue
		}
		if pod, ok = o.Pod(); !ok {
			continue
		}
		for c = range pod.Containers() {
			if c.Name == i.Container && c.At("image").Str() == i.Ref {
				return pod, c, true
			}
		}
	}
	return pod, c, false
}

// scan guards against what an image may do to a library.
func (a Analyzer) scan(ctx context.Context, ref string) (r *Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal fault while reading it: %v", p)
		}
	}()
	if r, err = a.Scanner.Scan(ctx, ref); err == nil && r == nil {
		err = errors.New("the scanner gave no result")
	}
	return r, err
}

func reason(err error) string {
	s := err.Error()
	if !strings.HasPrefix(s, "not scanned") {
		s = "not scanned: " + s
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
}

// Hint says what mends a failure to look an image up.
func Hint(err error) string {
	var notAllowed *NotAllowedError
	var data *DataError
	var engine *EngineError
	switch {
	case errors.As(err, &engine) && engine.Hint != "":
		return engine.Hint
	case errors.As(err, &notAllowed):
		return "allow it with " + notAllowed.Flag + ", if this run may read it"
	case errors.As(err, &data):
		return data.Run
	}
	return "check the reference, and the credentials of the registry"
}

// List is every image reference of the target's objects: containers of every
// kind in every workload, image volumes, known fields of custom resources, and
// arguments of operators that start images themselves.
func List(x *index.Index) []result.Image {
	var out []result.Image
	for _, o := range x.Objects {
		for _, all := range []iter.Seq[manifest.Image]{o.Images(), o.ArgImages()} {
			for img := range all {
				if ref := img.Ref(); ref != "" {
					out = append(out, result.Image{Ref: ref, Object: o.Key, Container: img.Container, Loc: img.Location()})
				}
			}
		}
	}
	return out
}

// Unreached is every value of the target's objects that looks like an image
// and is none of List's.
func Unreached(x *index.Index) []result.Image {
	var out []result.Image
	for _, o := range x.Objects {
		for img := range o.ImageLike() {
			out = append(out, result.Image{Ref: img.Ref(), Object: o.Key, Loc: img.Location()})
		}
	}
	return out
}
