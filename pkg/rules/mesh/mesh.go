package mesh

import (
	"iter"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

var peerAuthentications = rule.Kinds("security.istio.io", "PeerAuthentication")

// rootNamespace is where a PeerAuthentication without selector speaks for the
// whole mesh, unless meshConfig.rootNamespace says otherwise.
const rootNamespace = "istio-system"

// modes yields the mTLS modes that a PeerAuthentication writes, with what each
// is for.
func modes(p *rule.Pass, o *manifest.Object) iter.Seq2[string, manifest.Place] {
	return func(yield func(string, manifest.Place) bool) {
		level := "every workload of namespace \"" + p.Index.Namespace(o) + "\""
		switch {
		case o.At("spec", "selector", "matchLabels").Len() > 0:
			level = "the workloads that it selects"
		case p.Index.Namespace(o) == rootNamespace:
			level = "the whole mesh"
		}
		if at := o.At("spec", "mtls", "mode"); at.Exists() && !yield(level, at) {
			return
		}
		for port, at := range o.At("spec", "portLevelMtls").Entries() {
			if mode := at.At("mode"); mode.Exists() && !yield("port "+port+" of the workloads that it selects", mode) {
				return
			}
		}
	}
}
