package namespace

import (
	"fmt"
	"math/big"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// QuotaRejectsWorkload reports pods that the namespace's quota or LimitRange
// refuses.
var QuotaRejectsWorkload = &rule.Rule{
	Meta: rule.Meta{
		ID: "quota-rejects-workload", Severity: result.High, Since: "0.1",
		Title: "Quota refuses the workload's pods",
		Why: `The API server takes the workload and refuses its pods: nothing runs, and only
events say why. A quota on a resource demands that every container sets it; a
LimitRange refuses what lies outside its bounds.`,
		Fix: "set the request or limit in the container or a LimitRange's default, or raise the quota",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/policy/resource-quotas/",
			"https://kubernetes.io/docs/concepts/policy/limit-range/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, q := range p.Index.Kind("", "ResourceQuota") {
			// Which pods a scope takes in is not worth guessing.
			if q.At("spec", "scopes").Len()+q.At("spec", "scopeSelector").Len() > 0 {
				continue
			}
			for entry, hard := range q.At("spec", "hard").Entries() {
				if list, resource, ok := counted(entry); ok {
					checkQuota(p, q, hard, entry, list, resource)
				}
			}
		}
		for _, lr := range p.Index.Kind("", "LimitRange") {
			for item := range lr.At("spec", "limits").Items() {
				if item.At("type").Str() == "Container" {
					checkBounds(p, lr, item)
				}
			}
		}
	},
}

func checkQuota(p *rule.Pass, q *manifest.Object, hard manifest.Place, entry, list, resource string) {
	sum := new(big.Rat)
	for _, pod := range p.Index.PodsIn(p.Index.Namespace(q)) {
		each := big.NewRat(1, 1)
		if list != "" {
			for c := range pod.Containers(manifest.Main, manifest.Init) {
				if at := p.Index.Resource(pod, c, list, resource); !at.Exists() {
					p.Add(rule.Problem{
						At: at, Message: fmt.Sprintf("%s demands %s, and container %q sets none and gets none: the API server refuses its pods", q, entry, c.Name),
						Related: []result.Related{rule.See(hard, "the quota")}, Evidence: entry,
					})
				}
			}
			each = need(p.Index, pod, list, resource)
		}
		sum.Add(sum, each.Mul(each, big.NewRat(copies(p.Index, pod.Object), 1)))
	}
	if limit, ok := hard.Quantity(); ok && sum.Cmp(limit) > 0 {
		p.Report(hard, "%s allows %s %s, and the workloads here need %s: the last pods are refused", q, hard.Str(), entry, sum.FloatString(0))
	}
}

// checkBounds compares the containers of the namespace with a LimitRange's
// least and most.
func checkBounds(p *rule.Pass, lr *manifest.Object, item manifest.Place) {
	for _, pod := range p.Index.PodsIn(p.Index.Namespace(lr)) {
		for c := range pod.Containers(manifest.Main, manifest.Init) {
			for _, bound := range [...]struct {
				field, list, word string
				sign              int
			}{{"max", "limits", "most", 1}, {"min", "requests", "least", -1}} {
				for resource, at := range item.At(bound.field).Entries() {
					edge, ok := at.Quantity()
					own := c.At("resources", bound.list, resource)
					value, set := own.Quantity()
					if ok && set && value.Cmp(edge) == bound.sign {
						p.Add(rule.Problem{
							At: own, Message: fmt.Sprintf("container %q sets %s.%s %s, and %s allows %s at %s: the API server refuses its pods", c.Name, bound.list, resource, own.Str(), lr, at.Str(), bound.word),
							Related: []result.Related{rule.See(at, "the bound")},
						})
					}
				}
			}
		}
	}
}
