package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WorkloadReadsAllSecrets reports workloads whose account reads Secrets beyond its namespace.
var WorkloadReadsAllSecrets = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-reads-all-secrets", Severity: result.High, Since: "0.1",
		Title: "Workload may read Secrets beyond its namespace",
		Why: `Whoever takes over one pod of the workload holds its account's token, and with
it every Secret that the account may read: other teams' passwords, registry
logins, and the tokens of stronger accounts. A list is enough, as it shows the
contents; so is a way to rights that allow it.`,
		Fix: "bind a Role in each namespace that is needed, with resourceNames, or give the account no token",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
			"https://kubernetes.io/docs/concepts/security/secrets-good-practices/#least-privilege-secrets",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			direct := false
			for _, a := range p.RBAC().Accounts(pod) {
				if reads := secretReads(p.RBAC().Of(a.Namespace, a.Name), p.Index.Namespace(pod.Object)); len(reads) > 0 {
					p.Add(secretProblem(pod, a, reads))
					direct = true
					break
				}
			}
			if !direct && !admins(p, pod) {
				reportPath(p, pod, rbac.Node{Kind: rbac.AllSecrets}, "can come to read the secrets of every namespace")
			}
		}
	},
}

// secretRead is a grant that reads Secrets, and how.
type secretRead struct {
	rbac.Grant
	verbs []string
}

// secretReads picks the grants that read Secrets of the whole cluster or of
// another namespace, the widest first. A get by name passes.
func secretReads(grants []rbac.Grant, own string) []secretRead {
	var out []secretRead
	for _, g := range grants {
		if g.Namespace == own {
			continue
		}
		r := secretRead{Grant: g}
		for _, v := range readVerbs {
			if g.Rule.Allows(v, "", "secrets") && (v != "get" || len(g.Rule.Names) == 0) {
				r.verbs = append(r.verbs, v)
			}
		}
		if len(r.verbs) > 0 {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b secretRead) int { return strings.Compare(a.Namespace, b.Namespace) })
	return out
}

// readsWhere is what the grant reads: get, list secrets in every namespace.
func readsWhere(r secretRead) string {
	where := "in every namespace"
	if r.Namespace != "" {
		where = fmt.Sprintf("of namespace %q, where it does not live,", r.Namespace)
	}
	return strings.Join(r.verbs, ", ") + " secrets " + where
}

func secretProblem(pod manifest.Pod, account rbac.Account, reads []secretRead) rule.Problem {
	widest := reads[0]
	pr := rule.Problem{
		At: account.At,
		Message: fmt.Sprintf("%s may %s through %s %q of its account %q: one broken pod gives them all away",
			pod.Object, readsWhere(widest), strings.ToLower(widest.Role.Kind), widest.Role.Name, account.Name),
	}
	for _, r := range reads {
		if r.Binding != nil {
			pr.Related = append(pr.Related, rule.See(r.Binding.At("roleRef", "name"), "%s gives the account the role", r.Binding))
		}
		if r.Rule.Object() != nil {
			pr.Related = append(pr.Related, rule.See(r.Rule.At("resources"), "%s allows it", r.Rule.Object()))
		}
	}
	return pr
}
