package pod

import (
	"path"
	"regexp"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SudoInContainerCommand reports commands of containers, probes and hooks that
// run sudo.
var SudoInContainerCommand = &rule.Rule{
	Meta: rule.Meta{
		ID: "sudo-in-container-command", Severity: result.Medium, Since: "0.1",
		Title: "Command runs sudo",
		Why: `Sudo in a container means that its user may become root without a password,
and that allowPrivilegeEscalation must stay open for it. Whoever gets in
becomes root in the same way.`,
		Fix: "run the container as the user that the work needs, and leave sudo out of the image",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		report := func(command ...manifest.Place) {
			if at, ok := sudo(command); ok {
				p.Report(at, "container %q runs sudo: whoever gets in can become root as well", c.Name)
			}
		}
		report(append(slices.Collect(c.At("command").Items()), slices.Collect(c.At("args").Items())...)...)
		for h := range c.Handlers() {
			report(slices.Collect(h.At("exec", "command").Items())...)
		}
	},
}

// sudoScript finds sudo where a shell script names a command.
var sudoScript = regexp.MustCompile(`(?m)(?:^|[;&|({` + "`" + `]|\b(?:then|do|else|exec|time|env))\s*(?:/\S*/)?sudo\s`)

// sudo finds the word of a command that runs sudo: the program itself, one
// behind a wrapper such as "tini --", or a script. A bare word elsewhere may be
// the group of that name.
func sudo(command []manifest.Place) (at manifest.Place, ok bool) {
	before := ""
	for i, word := range command {
		s := word.Str()
		if path.Base(s) == "sudo" && (i == 0 || slices.Contains([]string{"--", "env", "exec"}, path.Base(before))) || sudoScript.MatchString(s) {
			return word, true
		}
		before = s
	}
	return manifest.Place{}, false
}
