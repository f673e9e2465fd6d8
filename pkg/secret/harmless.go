package secret

import (
	"regexp"
	"strings"
)

// reference matches values that stand for a secret kept elsewhere, or for
// none: template actions, variables, encrypted values, UUIDs.
var reference = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`.*\{\{.*`,        // Go templates, Jinja, Vault injector
	`.*\$\{[^}]*\}.*`, // shell, envsubst, Flux
	`.*\$\([^)]*\).*`, // Kubernetes, make
	`\$[A-Za-z_]\w*`,
	`ENC\[.*`, // SOPS
	`<[^>]*>`,
	`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
}, "|") + `)$`)

// harmless reports matches that are no leak.
func (a *Analyzer) harmless(text string, l leak) bool {
	v := string(l.value)
	return a.opts.Ignore(v) || reference.MatchString(v)
}
