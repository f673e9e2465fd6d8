package scan

import (
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// rendered remembers what all targets of a run deploy, by name only: a rule
// sees one target, and what it misses there another one may bring.
type rendered struct {
	mu    sync.Mutex
	kinds map[[2]string][]deployed // by group and kind
}

// deployed is an object's name. Either part may be unknown: where nobody says
// which namespace a chart goes to, or what its release is called.
type deployed struct {
	namespace      string // "" for all
	prefix, suffix string // around the name of the release
	release        bool   // something stands between them
}

// add notes the objects of a target.
func (r *rendered) add(x *index.Index) {
	release := ""
	if h := x.Target.Helm; x.Target.Kind == result.KindHelm && (h == nil || h.Release == "") {
		release = "release-name"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		r.kinds = map[[2]string][]deployed{}
	}
	for _, o := range x.Objects {
		d := deployed{prefix: o.Key.Name}
		if x.Namespaced(o) && x.NamespaceKnown(o) {
			d.namespace = x.Namespace(o)
		}
		if before, after, ok := strings.Cut(o.Key.Name, release); ok && release != "" {
			d.prefix, d.suffix, d.release = before, after, true
		}
		k := [2]string{o.Key.Group(), o.Key.Kind}
		r.kinds[k] = append(r.kinds[k], d)
	}
}

// has reports whether some target deploys what k names.
func (r *rendered) has(k result.Key) bool {
	return slices.ContainsFunc(r.kinds[[2]string{k.Group(), k.Kind}], func(d deployed) bool {
		if d.namespace != "" && k.Namespace != "" && d.namespace != k.Namespace {
			return false
		}
		if !d.release {
			return d.prefix == k.Name
		}
		return len(k.Name) > len(d.prefix)+len(d.suffix) && strings.HasPrefix(k.Name, d.prefix) && strings.HasSuffix(k.Name, d.suffix)
	})
}

// present leaves out the findings about something missing that is there.
func (r *rendered) present(fs []result.Finding) []result.Finding {
	return slices.DeleteFunc(fs, func(f result.Finding) bool { return f.Missing != nil && r.has(*f.Missing) })
}
