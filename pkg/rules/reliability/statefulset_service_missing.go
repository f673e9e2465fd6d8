package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// StatefulsetServiceMissing reports StatefulSets whose pods get no names of
// their own.
var StatefulsetServiceMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "statefulset-service-missing", Severity: result.Medium, Since: "0.1",
		Title: "StatefulSet has no headless Service",
		Why: `The pods of a StatefulSet find each other by names that its headless Service
gives them. Without the Service the names do not resolve and members do not
join.`,
		Fix: "set spec.serviceName to a Service with clusterIP: None whose selector matches the pods",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, o := range p.Index.Kind("apps", "StatefulSet") {
			at := o.At("spec", "serviceName")
			if at.Str() == "" {
				// Optional since 1.33.
				if p.Index.Version().Before(33, 0) {
					p.Report(at, "%s names no service: its pods have no names in DNS", o)
				}
				continue
			}
			pod, _ := o.Pod()
			switch s := p.Index.Get("", "Service", p.Index.Namespace(o), at.Str()); {
			case s == nil:
				p.Add(rule.Problem{
					At: at, Missing: result.Key{APIVersion: "v1", Kind: "Service", Namespace: p.Index.Namespace(o), Name: at.Str()},
					Message: fmt.Sprintf("%s names service %q, which is not rendered: its pods have no names in DNS", o, at.Str()),
				})
			case s.At("spec", "clusterIP").Str() != "None":
				p.Add(rule.Problem{At: at, Message: fmt.Sprintf("%s names %s, which is not headless: its pods have no names in DNS", o, s),
					Related: []result.Related{rule.See(s.At("spec", "clusterIP"), "clusterIP is not None")}})
			case s.At("spec", "selector").Len() > 0 && !index.MatchesMap(s.At("spec", "selector"), pod.Labels()):
				p.Add(rule.Problem{At: at, Message: fmt.Sprintf("%s names %s, which does not select its pods: they have no names in DNS", o, s),
					Related: []result.Related{rule.See(s.At("spec", "selector"), "the selector")}})
			}
		}
	},
}
