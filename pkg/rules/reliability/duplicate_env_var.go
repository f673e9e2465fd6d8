package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DuplicateEnvVar reports variables that a container sets twice.
var DuplicateEnvVar = &rule.Rule{
	Meta: rule.Meta{
		ID: "duplicate-env-var", Severity: result.Low, Since: "0.1",
		Title: "Environment variable is set twice",
		Why: `The last one wins, whichever was meant, and tools that merge lists by name
drop one of the two.`,
		Fix: "remove one of the entries from the container's env",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		seen := map[string]manifest.Place{}
		for e := range c.At("env").Items() {
			name := e.At("name").Str()
			first, twice := seen[name]
			seen[name] = e
			if !twice || name == "" {
				continue
			}
			pr := rule.Problem{
				At: e.At("name"), Message: fmt.Sprintf("container %q sets variable %q twice", c.Name, name),
				Related: []result.Related{rule.See(first.At("name"), "it is set here before")},
			}
			if !manifest.Equal(first.At("value"), e.At("value")) || !manifest.Equal(first.At("valueFrom"), e.At("valueFrom")) {
				medium := result.Medium
				pr.Severity = &medium
				pr.Message += ", with different values: the last one wins"
			}
			p.Add(pr)
		}
	},
}
