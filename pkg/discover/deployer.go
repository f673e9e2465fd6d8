package discover

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Found is what a repository deploys as far as one can see without rendering.
type Found struct {
	Targets []result.Target // sorted by name
	tree    *tree
}

// applications are the objects of Argo CD that deploy something, in YAML, JSON
// or a template.
var applications = regexp.MustCompile(`kind"?\s*:\s*["']?Application(Set)?\b`)

// mayDeploy is a cheap test that no file with an object of Argo CD or Flux
// fails that deploys something, or says from where, unless its API group is put
// together by a template.
func mayDeploy(text []byte) bool {
	return bytes.Contains(text, []byte(".fluxcd.io/")) || bytes.Contains(text, []byte("argoproj.io/")) && applications.Match(text)
}

func isTemplateName(p string) bool {
	return isManifestName(p) || path.Ext(p) == ".tpl"
}

// MayDeploy reports whether the target's output may hold an object of Argo CD
// or Flux that deploys something. It is true for what was not looked at.
func (f *Found) MayDeploy(t *result.Target) bool { return f.may(t, f.tree.deployers, mayDeploy) }

// MayHoldPolicy reports whether the target's output may hold an admission
// policy or a binding of one. It is true for what was not looked at.
func (f *Found) MayHoldPolicy(t *result.Target) bool {
	return f.may(t, f.tree.policies, mayHoldPolicy)
}

// mayHoldPolicy is a cheap test that no file with an admission policy fails,
// unless its kind is put together by a template.
func mayHoldPolicy(text []byte) bool { return bytes.Contains(text, []byte("AdmissionPolicy")) }

// may reports whether the target is made of a text that holds something: one of
// texts, or values that are written inline.
func (f *Found) may(t *result.Target, texts []string, holds func([]byte) bool) bool {
	tr := f.tree
	if !tr.scope.holds(t.Path) {
		return true
	}
	marked := func(p string) bool {
		if _, ok := slices.BinarySearch(texts, p); ok || p == "." {
			return len(texts) > 0
		}
		i, _ := slices.BinarySearch(texts, p+"/")
		return i < len(texts) && strings.HasPrefix(texts[i], p+"/")
	}
	switch t.Kind {
	case result.KindPlain:
		return slices.ContainsFunc(t.Files, marked)
	case result.KindHelm:
		if t.Helm == nil {
			return marked(t.Path)
		}
		return marked(t.Path) || slices.ContainsFunc(t.Helm.ValueFiles, marked) ||
			slices.ContainsFunc(t.Helm.Inline, func(in result.Inline) bool { return holds([]byte(in.Text)) })
	case result.KindKustomize:
		seen := map[string]bool{}
		var reach func(p string) bool
		reach = func(p string) bool {
			k := tr.kusts[p]
			if k == nil {
				return marked(p)
			}
			if seen[p] {
				return false
			}
			seen[p] = true
			return marked(k.file) || slices.ContainsFunc(k.uses, reach)
		}
		if reach(t.Path) {
			return true
		}
		k := t.Kustomize
		return k != nil && (slices.ContainsFunc(k.Resources, reach) || slices.ContainsFunc(k.Components, reach))
	}
	return false
}
