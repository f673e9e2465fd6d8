package namespace

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PsaLevelPrivileged reports namespaces whose Pod Security level refuses
// nothing.
var PsaLevelPrivileged = &rule.Rule{
	Meta: rule.Meta{
		ID: "psa-level-privileged", Severity: result.High, Since: "0.1",
		Title: "Namespace admits privileged pods",
		Why: `The level privileged refuses nothing, and so does a value that is no level: it
reads as if the namespace were guarded. A version pinned long ago misses the
checks that came since.`,
		Fix:  "set pod-security.kubernetes.io/enforce to restricted, or baseline",
		Want: "baseline",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-admission/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: namespaces,
	Object: func(p *rule.Pass, o *manifest.Object) {
		at := level(o, "enforce")
		switch at.Str() {
		case "privileged":
			if !slices.Contains(p.Params.(*PrivilegedParams).Namespaces, o.Key.Name) {
				p.Report(at, "%s enforces the level privileged: every pod is admitted", o)
			}
		case "baseline", "restricted":
			pinned := level(o, "enforce-version")
			if v, ok := index.ParseVersion(pinned.Str()); ok && v.Minor < p.Index.Version().Minor-2 {
				p.Add(rule.Problem{
					At: pinned, Want: rule.NoWant, Severity: new(result.Info),
					Message: fmt.Sprintf("%s enforces the level as of Kubernetes %s: checks that came since are left out", o, v),
				})
			}
		default:
			if at.Exists() {
				p.Report(at, "%s enforces %q, which is no Pod Security level", o, at.Str())
			}
		}
	},
	Params: func() any { return &PrivilegedParams{Namespaces: slices.Clone(systemNamespaces)} },
}

// PrivilegedParams are the parameters of psa-level-privileged.
type PrivilegedParams struct {
	// Namespaces may hold privileged pods.
	Namespaces []string `yaml:"namespaces"`
}
