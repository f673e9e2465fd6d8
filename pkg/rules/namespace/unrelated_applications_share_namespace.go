package namespace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// UnrelatedApplicationsShareNamespace reports namespaces that hold several
// applications with Secrets or rights of their own.
var UnrelatedApplicationsShareNamespace = &rule.Rule{
	Meta: rule.Meta{
		ID: "unrelated-applications-share-namespace", Severity: result.Info, Since: "0.1",
		Title: "Unrelated applications share a namespace",
		Why: `A namespace is the boundary for Secrets, accounts and rights: whoever may make a
pod in it mounts every Secret and borrows every account of it, the other
application's included.`,
		Fix: "give each application a namespace",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/multi-tenancy/",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	Universe: func(p *rule.Pass) {
		var order []string
		first := map[string]map[string]*manifest.Object{} // by namespace and application, with belongings
		for _, o := range p.Index.Objects {
			app := application(o)
			if app == "" || !belonging(o) || strings.HasPrefix(p.Index.Namespace(o), "kube-") {
				continue
			}
			n := p.Index.Namespace(o)
			if !slices.ContainsFunc(p.Index.PodsIn(n), func(pod manifest.Pod) bool { return application(pod.Object) == app }) {
				continue
			}
			if first[n] == nil {
				first[n] = map[string]*manifest.Object{}
				order = append(order, n)
			}
			if first[n][app] == nil {
				first[n][app] = o
			}
		}
		for _, n := range order {
			apps := slices.Sorted(maps.Keys(first[n]))
			// Parts of one release are related, whatever they call themselves.
			releases := map[string]bool{}
			for _, app := range apps {
				releases[first[n][app].Labels().At("app.kubernetes.io/instance").Str()] = true
			}
			if len(apps) < 2 || len(releases) < 2 {
				continue
			}
			p.Add(rule.Problem{
				At: first[n][apps[1]].At("metadata", "namespace"), Namespace: n,
				Message: fmt.Sprintf("applications %q share namespace %q, each with Secrets or rights of its own: a pod of one can use those of the others", apps, n),
				Related: []result.Related{rule.See(first[n][apps[0]].At("metadata", "name"), "what application %q has", apps[0])},
			})
		}
	},
}

// application is the application that an object says it belongs to.
func application(o *manifest.Object) string {
	if part := o.Labels().At("app.kubernetes.io/part-of").Str(); part != "" {
		return part
	}
	return o.Labels().At("app.kubernetes.io/instance").Str()
}

// belonging reports whether the object is what a neighbour should not have.
func belonging(o *manifest.Object) bool {
	return o.Is("", "Secret") || o.Is(manifest.RBACGroup, "RoleBinding") || o.Is("external-secrets.io", "ExternalSecret") || o.Is("bitnami.com", "SealedSecret")
}
