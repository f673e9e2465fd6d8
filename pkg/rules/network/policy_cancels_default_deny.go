package network

import (
	"fmt"
	"net/netip"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyCancelsDefaultDeny reports policies that open what a default deny
// closes, for every pod of the namespace.
var PolicyCancelsDefaultDeny = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-cancels-default-deny", Severity: result.Medium, Since: "0.1",
		Title: "Policy undoes the namespace's default deny",
		Why: `Policies add up: one that lets everything in for every pod leaves nothing of
a default deny beside it, and so does an administrator's policy, or one of an
earlier order, that passes or allows all. The deny is then read as protection
that does not exist.`,
		Fix: "delete the policy, or let it select the pods and name the peers and ports that are needed",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
			"https://network-policy-api.sigs.k8s.io/api-overview/",
		},
	},
	Universe: func(p *rule.Pass) {
		denies := map[string]netpol.Policy{} // by namespace and direction
		for _, policy := range netpol.All(p.Index) {
			for _, d := range [...]netpol.Direction{netpol.Ingress, netpol.Egress} {
				if policy.ClusterWide() || !policy.SelectsAll() || !policy.Isolates(d) {
					continue
				}
				rules := 0
				for range policy.Rules(d) {
					rules++
				}
				if k := p.Index.Namespace(policy.Object) + " " + string(d); rules == 0 && denies[k].Object == nil {
					denies[k] = policy
				}
			}
		}
		if len(denies) == 0 {
			return
		}
		r := p.Reach()
		anywhere := netpol.Peer{Addr: netip.MustParseAddr("1.1.1.1")}
		for _, c := range r.Classes {
			if !c.Stranger || c.Namespace == "" {
				continue
			}
			for _, d := range [...]netpol.Direction{netpol.Ingress, netpol.Egress} {
				deny, ok := denies[c.Namespace+" "+string(d)]
				if !ok {
					continue
				}
				open := r.In(c, anywhere, netpol.Surely)
				if d == netpol.Egress {
					open = r.Out(c, anywhere, netpol.Surely)
				}
				if !open.Full() {
					continue
				}
				for _, s := range r.Explain(c, d, anywhere, netpol.Surely) {
					if s.At.Object() == deny.Object {
						continue
					}
					verb := map[bool]string{true: "passes by", false: "opens"}[s.Passed]
					p.Add(rule.Problem{
						At: s.At, Evidence: string(d) + " " + c.Namespace,
						Message: fmt.Sprintf("%s %s every pod that %q closes: the default deny of namespace %q has no effect on %s", s.Policy.Object, verb, deny.Object.Key.Name, c.Namespace, d),
						Related: []result.Related{rule.See(deny.Spec, "%s denies all %s", deny.Object, d)},
					})
					break
				}
			}
		}
	},
}
