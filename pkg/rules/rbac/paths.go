package rbac

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// reportPath adds a finding for the pod and the goal: that it comes there, and
// the shortest path of its accounts, each step with its lines. The fingerprint
// holds the goal only, so that another way there is no other problem.
func reportPath(p *rule.Pass, pod manifest.Pod, goal rbac.Node, becomes string) {
	path, at := shortest(p, pod, goal)
	if path == nil {
		return
	}
	p.Add(rule.Problem{
		At:       at,
		Message:  fmt.Sprintf("%s %s: %s/%s → %s", pod.Object, becomes, pod.Object.Key.Kind, pod.Object.Key.Name, path),
		Evidence: goal.String(),
		Related:  steps(path),
	})
}

// shortest is the shortest path of the pod's accounts to the goal, nil if there
// is none, and what gives the pod the account.
func shortest(p *rule.Pass, pod manifest.Pod, goal rbac.Node) (path rbac.Path, at manifest.Place) {
	for _, a := range p.RBAC().Accounts(pod) {
		if w := p.RBAC().Graph().Path(a.Subject, goal); w != nil && (path == nil || len(w) < len(path)) {
			path, at = w, a.At
		}
	}
	return path, at
}

// steps are the lines of a path, a binding or a rule of a role each.
func steps(path rbac.Path) []result.Related {
	var out []result.Related
	said := map[string]bool{}
	see := func(at manifest.Place, format string, args ...any) {
		r := rule.See(at, format, args...)
		if k := r.Message + r.Location.Rendered.String(); !said[k] {
			said[k] = true
			out = append(out, r)
		}
	}
	for _, e := range path {
		for _, r := range e.Rights {
			if r.Binding != nil {
				see(r.Binding.At("roleRef", "name"), "%s gives %s the %s %q", r.Binding, e.From, r.Role.Kind, r.Role.Name)
			}
			if o := r.Rule.Object(); o != nil {
				see(r.Rule.At("resources"), "%s allows to %s: whoever may, %s", o, r.Words, e.Technique)
			}
		}
	}
	return out
}

// admins reports whether one of the pod's accounts comes to cluster-admin, which
// says all that other goals could.
func admins(p *rule.Pass, pod manifest.Pod) bool {
	path, _ := shortest(p, pod, rbac.Node{Kind: rbac.ClusterAdmin})
	return path != nil
}
