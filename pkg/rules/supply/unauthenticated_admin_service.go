package supply

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/exposure"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// UnauthenticatedAdminService reports services that answer from outside and ask for no login.
var UnauthenticatedAdminService = &rule.Rule{
	Meta: rule.Meta{
		ID: "unauthenticated-admin-service", Severity: result.High, Since: "0.1",
		Title: "Service without login answers from outside",
		Why: `Databases, dashboards and workflow engines that ask for no login do what anybody
tells them: they give away data, run commands and start pods. Scanners find them
within hours; most take-overs of clusters that became known began here.`,
		Fix: "let nobody outside reach it, or switch its login on, or put a proxy in front that asks for one",
		Refs: []string{
			"https://microsoft.github.io/Threat-Matrix-for-Kubernetes/techniques/Exposed%20sensitive%20interfaces/",
			"https://kubernetes.io/docs/concepts/security/security-checklist/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			ways := p.Exposure().Outside(pod)
			if len(ways) == 0 {
				continue
			}
			for c := range pod.Containers(manifest.Main) {
				s, at, ok := withoutLogin(p.Index, pod, c)
				if !ok {
					continue
				}
				var open []exposure.Entry
				for _, w := range ways {
					if w.Login == "" && s.at(w.Target.Number) && serves(pod, c, w.Target.Number) {
						open = append(open, w)
					}
				}
				if len(open) == 0 {
					continue
				}
				says := "no setting makes it ask for a login"
				if s.guarded {
					says = "its settings switch the login off"
				}
				p.Add(rule.Problem{
					At: at, Evidence: s.name, Related: open[0].Related(),
					Message: fmt.Sprintf("%s runs %s, which answers on %s, and %s: whoever comes there uses it", pod.Object, s.name, exposure.Addresses(open), says),
				})
			}
		}
	},
}

// serves reports whether the port may be the container's: it is not declared by
// another one alone.
func serves(pod manifest.Pod, c manifest.Container, port int) bool {
	number := fmt.Sprint(port)
	if _, own := c.Port(number); own || port == 0 {
		return true
	}
	for other := range pod.Containers() {
		if _, ok := other.Port(number); ok {
			return false
		}
	}
	return true
}
