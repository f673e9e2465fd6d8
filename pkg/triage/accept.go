package triage

import (
	"iter"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// findingIndex finds what a waiver may be about without trying every pair.
type findingIndex struct {
	r        *result.Report
	byPath   map[string][]int
	byObject map[result.Key][]int
}

func newIndex(r *result.Report) *findingIndex {
	x := &findingIndex{r, map[string][]int{}, map[result.Key][]int{}}
	for i := range r.Findings {
		f := &r.Findings[i]
		if !f.Object.IsZero() {
			x.byObject[f.Object] = append(x.byObject[f.Object], i)
		}
		seen := map[string]bool{}
		for s := range places(f, true) {
			if !seen[s.Path] {
				seen[s.Path] = true
				x.byPath[s.Path] = append(x.byPath[s.Path], i)
			}
		}
	}
	return x
}

// candidates yields the findings that the waiver can be about at all.
func (x *findingIndex) candidates(w *result.Waiver) iter.Seq[*result.Finding] {
	return func(yield func(*result.Finding) bool) {
		var in []int
		switch w.Form {
		case result.FormComment:
			in = x.byPath[w.At.Path]
		case result.FormAnnotation:
			in = x.byObject[w.Object]
		default:
			for i := range x.r.Findings {
				if !yield(&x.r.Findings[i]) {
					return
				}
			}
			return
		}
		for _, i := range in {
			if !yield(&x.r.Findings[i]) {
				return
			}
		}
	}
}

// places yields where a finding is edited, and every line that led to it: all
// are right to name. Values lines count if asked for.
func places(f *result.Finding, values bool) iter.Seq[source.Span] {
	return func(yield func(source.Span) bool) {
		set := func(o result.Origin) bool { return o.Role == result.RoleValues && o.Span == f.Loc.Primary }
		if (values || !slices.ContainsFunc(f.Loc.Chain, set)) && !yield(f.Loc.Primary) {
			return
		}
		for _, o := range f.Loc.Chain {
			if (values || o.Role != result.RoleValues) && !yield(o.Span) {
				return
			}
		}
	}
}

// accepts reports whether the waiver selects f, a finding of the rule that
// meta describes (nil if the report does not).
func accepts(w *result.Waiver, f *result.Finding, meta *result.Rule) bool {
	switch w.Form {
	case result.FormComment:
		// Other tools never see a values file.
		if !anyPlace(f, w.Tool == "", func(s source.Span) bool {
			return s.Path == w.At.Path && s.Start.Line <= w.Lines[1] && w.Lines[0] <= s.Start.Line
		}) {
			return false
		}
	case result.FormAnnotation:
		if f.Object != w.Object || !slices.Contains(f.Targets, w.Seen) {
			return false
		}
	}
	if w.Form == result.FormFile && w.Lines[1] > 0 && (f.Loc.Primary.Start.Line > w.Lines[1] || f.Loc.Primary.EndLine() < w.Lines[0]) ||
		w.Commit != "" && (f.Leak == nil || f.Leak.Commit != w.Commit) {
		return false
	}
	return names(w, f, meta) &&
		(w.Path == "" || anyPlace(f, true, func(s source.Span) bool { return glob(w.Path, s.Path) })) &&
		glob(w.Kind, f.Object.Kind) && glob(w.Namespace, f.Object.Namespace) && glob(w.Name, f.Object.Name) &&
		glob(w.Container, f.Container) && aboutImage(w.Image, f) && aboutPackages(w.Package, f) &&
		!slices.ContainsFunc(f.Targets, func(t string) bool { return !glob(w.Target, t) })
}

// aboutImage reports whether the pattern selects the image that f is about.
func aboutImage(pattern string, f *result.Finding) bool {
	if pattern == "" {
		return true
	}
	i := f.Image
	if f.Vulnerability != nil {
		i = &f.Vulnerability.Image
	}
	if i == nil {
		return false
	}
	repo := i.Repository()
	return glob(pattern, i.Ref) || glob(pattern, repo) || i.Digest != "" && glob(pattern, repo+"@"+i.Digest)
}

// aboutPackages reports whether the pattern selects all packages that the
// vulnerability affects: one that is left is a fault that nobody accepted.
func aboutPackages(pattern string, f *result.Finding) bool {
	if pattern == "" {
		return true
	}
	v := f.Vulnerability
	return v != nil && len(v.Packages) > 0 && !slices.ContainsFunc(v.Packages, func(p result.AffectedPackage) bool {
		names := []string{p.Name, p.Name + "@" + p.Installed, p.PURL}
		if p.Source != "" {
			names = append(names, p.Source, p.Source+"@"+p.SourceVersion)
		}
		return !slices.ContainsFunc(names, func(n string) bool { return n != "" && glob(pattern, n) })
	})
}

func anyPlace(f *result.Finding, values bool, ok func(source.Span) bool) bool {
	for s := range places(f, values) {
		if ok(s) {
			return true
		}
	}
	return false
}

// names reports whether the waiver's rule is the finding's. What another
// tool's syntax says is about that tool's checks alone.
func names(w *result.Waiver, f *result.Finding, meta *result.Rule) bool {
	if w.Tool == "" && glob(w.Rule, f.Rule) || w.Tool != "" && w.Rule == f.Rule {
		return true
	}
	if meta == nil {
		return false
	}
	if w.Tool == "" {
		return w.Rule == meta.Family || slices.Contains(meta.Aliases, w.Rule) || meta.MapsTo("", w.Rule)
	}
	// gitleaks accepts a line, whatever rule sees it.
	return w.Tool == "gitleaks" && w.Rule == meta.Family || meta.MapsTo(w.Tool, w.Rule) || slices.ContainsFunc(slices.Concat(meta.Peers[w.Tool], meta.Related[w.Tool]), func(id string) bool {
		return doublestar.MatchUnvalidated(w.Rule, id)
	})
}

func glob(pattern, s string) bool {
	return pattern == "" || doublestar.MatchUnvalidated(pattern, s)
}
