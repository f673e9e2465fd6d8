package ingress

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressRouteConflict reports two objects that claim one route.
var IngressRouteConflict = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-route-conflict", Severity: result.Medium, Since: "0.1",
		Title: "Two routes claim one host and path",
		Why: `Which of the two answers is the controller's choice, mostly the older one:
requests go to the wrong application, or switch after a redeployment. Across
namespaces one team can take over the other's traffic.`,
		Fix: "keep the route in one object, or give the other its own path or host",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches",
			"https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec",
		},
	},
	Universe: func(p *rule.Pass) {
		first := map[claim]manifest.Place{}
		for _, o := range p.Index.Objects {
			own := map[claim]bool{}
			for _, c := range claims(p, o) {
				if own[c.claim] {
					continue // one object may say a thing twice
				}
				own[c.claim] = true
				before, taken := first[c.claim]
				if !taken {
					first[c.claim] = c.at
					continue
				}
				other := before.Object()
				if p.Index.Namespace(other) == p.Index.Namespace(o) && other.Key.Name == o.Key.Name {
					continue // written twice: duplicate-object
				}
				pr := rule.Problem{
					At:      c.at,
					Message: fmt.Sprintf("%s claims host %q, path %q, which %s has too: the controller decides who answers", o, c.host, c.path, other),
					Related: []result.Related{rule.See(before, "claimed here too")}, Evidence: other.Key.String(),
				}
				if p.Index.Namespace(other) != p.Index.Namespace(o) {
					pr.Severity = new(result.High)
					pr.Message = fmt.Sprintf("%s claims host %q, path %q, which %s of another namespace has too: one can take over the other's traffic", o, c.host, c.path, other)
				}
				p.Add(pr)
			}
		}
	},
}
