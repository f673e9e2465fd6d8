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
	roles    = rule.Kinds(manifest.RBACGroup, "Role", "ClusterRole")
	bindings = rule.Kinds(manifest.RBACGroup, "RoleBinding", "ClusterRoleBinding")
)

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
			kind, every := strings.CutSuffix(name, "/*")
			return manifest.ResourceMatches(pattern, name) || every && strings.HasPrefix(pattern, kind+"/")
		})
	})
}

// named reports whether the grant is limited to objects by name. A create or
// deletecollection of whole objects bears no name and is then not granted;
// list and watch are, and show contents, to whoever asks for the right name.
func (g grant) named() bool { return len(g.RoleRule.Names) > 0 }

// report adds a finding for the grant: `clusterrole "x" may get, list secrets
// in every namespace` and what follows from it.
func (g grant) report(p *rule.Pass, severity result.Severity, consequence string) {
	g.add(p, severity, " "+scope(g.At.Object()), consequence)
}

// reportCluster is report for resources that are in no namespace. A Role
// cannot grant these; it says what its author wanted, and does it as soon as
// someone makes a ClusterRole of it.
func (g grant) reportCluster(p *rule.Pass, severity result.Severity, consequence string) {
	if o := g.At.Object(); o.Is(manifest.RBACGroup, "Role") {
		p.Add(rule.Problem{
			At:       g.At,
			Message:  o.String() + " lists " + strings.Join(g.Resources, ", ") + ", which are in no namespace: it grants nothing here, and too much as a ClusterRole",
			Evidence: evidence(g.RoleRule),
			Severity: new(result.Info),
		})
		return
	}
	g.add(p, severity, "", consequence)
}

func (g grant) add(p *rule.Pass, severity result.Severity, where, consequence string) {
	p.Add(rule.Problem{
		At:       g.At,
		Message:  g.At.Object().String() + " may " + strings.Join(g.Verbs, ", ") + " " + strings.Join(g.Resources, ", ") + where + ": " + consequence,
		Evidence: evidence(g.RoleRule),
		Severity: &severity,
	})
}

// evidence tells the rules of a role apart.
func evidence(r manifest.RoleRule) string {
	return strings.Join(slices.Concat(r.Groups, r.Verbs, r.Names), ",")
}

// scope says where the rights of a role hold.
func scope(o *manifest.Object) string {
	if o.Is(manifest.RBACGroup, "ClusterRole") {
		return "in every namespace"
	}
	return "in its namespace"
}

// graded is the first severity for a ClusterRole, the second for a Role.
func graded(o *manifest.Object, cluster, role result.Severity) result.Severity {
	if o.Is(manifest.RBACGroup, "ClusterRole") {
		return cluster
	}
	return role
}
