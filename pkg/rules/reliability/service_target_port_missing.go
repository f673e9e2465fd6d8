package reliability

import (
	"fmt"
	"strconv"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceTargetPortMissing reports Services that lead to a port which the
// selected pods do not declare.
var ServiceTargetPortMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-target-port-missing", Severity: result.Medium, Since: "0.1",
		Title: "Service leads to a port that no pod has",
		Why: `A name that no container declares leads nowhere: the Service's port has no
endpoint. A number that differs from every declared one is refused unless a
process happens to listen there.`,
		Fix: "set targetPort to the name or number of a port that a container declares",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, s := range p.Index.Kind("", "Service") {
			pods := selected(p.Index, s)
			if len(pods) == 0 {
				continue
			}
			for port := range s.At("spec", "ports").Items() {
				at := targetPort(port)
				_, err := strconv.Atoi(at.Str())
				if at.Str() == "" || anyDeclares(pods, at.Str()) || err == nil && !allDeclared(pods) {
					continue
				}
				p.Add(rule.Problem{At: at, Message: fmt.Sprintf("%s leads to port %q, which no container of %s declares: connections to it fail", s, at.Str(), pods[0].Object),
					Related: []result.Related{rule.See(pods[0].Spec.At("containers"), "the containers that it selects")}})
			}
		}
	},
}

func anyDeclares(pods []manifest.Pod, port string) bool {
	for _, pod := range pods {
		for c := range pod.Containers() {
			if _, ok := c.Port(port); ok {
				return true
			}
		}
	}
	return false
}

// allDeclared reports whether every main container declares ports, so that a
// number which is none of them is a slip rather than an omission.
func allDeclared(pods []manifest.Pod) bool {
	for _, pod := range pods {
		for c := range pod.Containers(manifest.Main) {
			if c.At("ports").Len() == 0 {
				return false
			}
		}
	}
	return true
}
