package rbac

import (
	"iter"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

var (
	roles        = rule.Kinds(manifest.RBACGroup, "Role", "ClusterRole")
	clusterRoles = rule.Kinds(manifest.RBACGroup, "ClusterRole")
	bindings     = rule.Kinds(manifest.RBACGroup, "RoleBinding", "ClusterRoleBinding")
)

var (
	readVerbs   = []string{"get", "list", "watch"}
	writeVerbs  = []string{"create", "update", "patch", "delete", "deletecollection"}
	makeVerbs   = []string{"create", "update", "patch"}
	changeVerbs = []string{"update", "patch"}
	deleteVerbs = []string{"delete", "deletecollection"}
)

// resources are some of an API group's, as roles write them.
type resources struct {
	group string
	names []string
}

func core(names ...string) resources { return resources{"", names} }

// workloads are the kinds that make pods.
var workloads = []resources{
	core("pods", "podtemplates", "replicationcontrollers"),
	{"apps", []string{"deployments", "daemonsets", "statefulsets", "replicasets"}},
	{"batch", []string{"jobs", "cronjobs"}},
}

// grant is what one rule of a role gives on guarded resources.
type grant struct {
	manifest.RoleRule
	At        manifest.Place // the first of the resources
	Resources []string       // as written
	Verbs     []string       // those asked for that are given
}

// grants yields what the rules of a role give: for each rule, which of the
// verbs on which of the resources. Rules that name all resources are left to
// the wildcard rules, which say it more strongly.
func grants(o *manifest.Object, verbs []string, guarded ...resources) iter.Seq[grant] {
	return func(yield func(grant) bool) {
		for r := range o.RoleRules() {
			if slices.Contains(r.Resources, "*") {
				continue
			}
			g := grant{RoleRule: r}
			for _, v := range verbs {
				if r.AllowsVerb(v) {
					g.Verbs = append(g.Verbs, v)
				}
			}
			for it := range r.At("resources").Items() {
				if covered(r, it.Str(), guarded) {
					if len(g.Resources) == 0 {
						g.At = it
					}
					g.Resources = append(g.Resources, it.Str())
				}
			}
			if len(g.Verbs) > 0 && len(g.Resources) > 0 && !yield(g) {
				return
			}
		}
	}
}

func covered(r manifest.RoleRule, pattern string, guarded []resources) bool {
	return slices.ContainsFunc(guarded, func(g resources) bool {
		return r.InGroup(g.group) && slices.ContainsFunc(g.names, func(name string) bool {
			return manifest.ResourceMatches(pattern, name)
		})
	})
}

// named reports whether the grant is limited to objects by name. Names do not
// limit create and deletecollection, and list and watch show contents to
// whoever asks for the right name.
func (g grant) named() bool { return len(g.RoleRule.Names) > 0 }

// report adds a finding for the grant: `clusterrole "x" may get, list secrets
// in every namespace` and what follows from it.
func (g grant) report(p *rule.Pass, severity result.Severity, consequence string) {
	o := g.At.Object()
	p.Add(rule.Problem{
		At:       g.At,
		Message:  o.String() + " may " + strings.Join(g.Verbs, ", ") + " " + strings.Join(g.Resources, ", ") + " " + scope(o) + ": " + consequence,
		Evidence: strings.Join(slices.Concat(g.Groups, g.RoleRule.Verbs, g.RoleRule.Names), ","),
		Severity: &severity,
	})
}

// scope says where the rights of a role hold.
func scope(o *manifest.Object) string {
	if o.Key.Kind == "ClusterRole" {
		return "in every namespace"
	}
	return "in its namespace"
}

// graded is the first severity for a ClusterRole, the second for a Role.
func graded(o *manifest.Object, cluster, role result.Severity) result.Severity {
	if o.Key.Kind == "ClusterRole" {
		return cluster
	}
	return role
}
