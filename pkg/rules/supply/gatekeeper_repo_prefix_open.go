package supply

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// GatekeeperRepoPrefixOpen reports Gatekeeper's repository prefixes that cover
// look-alike names.
var GatekeeperRepoPrefixOpen = &rule.Rule{
	Meta: rule.Meta{
		ID: "gatekeeper-repo-prefix-open", Severity: result.Medium, Since: "0.1",
		Title: "Repository prefix covers look-alike names",
		Why: `Gatekeeper compares plain text: "registry.example.com" also begins
"registry.example.com.evil.io/x", and "docker.io/shop" begins
"docker.io/shop-fake/x". Without a slash at its end the list allows, or
forbids, more than it names.`,
		Fix: "end the prefix with a slash",
		Refs: []string{
			"https://open-policy-agent.github.io/gatekeeper-library/website/validation/allowedrepos/",
			"https://open-policy-agent.github.io/gatekeeper-library/website/validation/disallowedrepos/",
		},
	},
	On: rule.Kinds("constraints.gatekeeper.sh", "K8sAllowedRepos", "K8sDisallowedRepos"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for at := range o.At("spec", "parameters", "repos").Items() {
			if repo := at.Str(); !strings.HasSuffix(repo, "/") {
				p.Report(at, "%s lists %q, which does not end with a slash: names that only begin like it match too", o, repo)
			}
		}
	},
}
