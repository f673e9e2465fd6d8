package scan

import (
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// rendered remembers what all targets of a run deploy, by name only: a rule
// sees one target, and what it misses there another one may bring.
type rendered struct {
	mu  sync.Mutex
	all []result.Deployed
}

// add notes what a target deploys.
func (r *rendered) add(d []result.Deployed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, d...)
}

// deployed is what a target deploys.
func deployed(x *index.Index) []result.Deployed {
	release := ""
	if h := x.Target.Helm; x.Target.Kind == result.KindHelm && (h == nil || h.Release == "") {
		release = "release-name"
	}
	var out []result.Deployed
	for _, o := range x.Objects {
		d := result.Deployed{Group: o.Key.Group(), Kind: o.Key.Kind, Prefix: o.Key.Name}
		if x.Namespaced(o) && x.NamespaceKnown(o) {
			d.Namespace = x.Namespace(o)
		}
		if before, after, ok := strings.Cut(o.Key.Name, release); ok && release != "" {
			d.Prefix, d.Suffix, d.Release = before, after, true
		}
		out = append(out, d)
	}
	return result.SortDeployed(out)
}

// list is what was noted, each once and in order.
func (r *rendered) list() []result.Deployed { return result.SortDeployed(r.all) }
