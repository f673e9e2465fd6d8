package namespace

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PsaWarnOnly reports namespaces that warn of pods and admit them.
var PsaWarnOnly = &rule.Rule{
	Meta: rule.Meta{
		ID: "psa-warn-only", Severity: result.Medium, Since: "0.1",
		Title: "Namespace only warns of insecure pods",
		Why: `A warning or an audit entry stops nothing: the pod runs. It is meant as the
step before enforcing a level, and often stays.`,
		Fix:  "set pod-security.kubernetes.io/enforce to the level that warn or audit names",
		Want: "baseline",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-admission/",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: namespaces,
	Object: func(p *rule.Pass, o *manifest.Object) {
		enforce, warn := level(o, "enforce"), level(o, "warn")
		said := warn
		if !said.Exists() {
			said = level(o, "audit")
		}
		if said.Exists() && !enforce.Exists() || warn.Str() == "restricted" && enforce.Str() == "privileged" {
			p.Add(rule.Problem{
				At: said, Want: said.Str(), WantAt: enforce,
				Message: fmt.Sprintf("%s warns of or records pods below %q and admits them", o, said.Str()),
			})
		}
	},
}
