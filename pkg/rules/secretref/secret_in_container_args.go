package secretref

import (
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretInContainerArgs reports credentials on command lines.
var SecretInContainerArgs = &rule.Rule{
	Meta: rule.Meta{
		ID: "secret-in-container-args", Severity: result.High, Since: "0.1",
		Title: "Credential on a command line",
		Why: `A command line shows in the list of processes, in the API to everyone who may
read pods, in audit logs and in crash reports.`,
		Fix: "pass the value as a file or $(VARIABLE) from a Secret, and rotate it",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/",
			"https://cwe.mitre.org/data/definitions/214.html",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		lists := []manifest.Place{c.At("command"), c.At("args")}
		for h := range c.Handlers() {
			lists = append(lists, h.At("exec", "command"))
		}
		for _, list := range lists {
			flag := ""
			for at := range list.Items() {
				text := at.Str()
				switch {
				case holdsCredential(text):
					p.Report(at, "a command of container %q holds a credential: it shows in process lists and to everyone who may read the pod", c.Name)
				case flag != "" && !strings.HasPrefix(text, "-") && namedCredential(flag, text):
					p.Report(at, "a command of container %q sets %q to a literal: it shows in process lists and to everyone who may read the pod", c.Name, flag)
				default:
					if name := assigned(text); name != "" {
						p.Report(at, "a command of container %q sets %q to a literal: it shows in process lists and to everyone who may read the pod", c.Name, name)
					}
				}
				flag = ""
				if name, ok := strings.CutPrefix(text, "-"); ok && !strings.ContainsAny(text, "= \n") {
					flag = strings.TrimPrefix(name, "-")
				}
			}
		}
	},
}

// assignment finds --flag=value, "--flag value" within one text, and
// VARIABLE=value of a shell.
var assignment = regexp.MustCompile(`(?:^|[\s;&|"'])(?:--?([A-Za-z][\w.-]*)(?:=|[ \t]+)|(?:export[ \t]+)?([A-Z][A-Z0-9_]{2,})=)("[^"\n]*"|'[^'\n]*'|[^\s;&|"']+)`)

// assigned is the first name in the text that is a credential's and is set to
// a literal.
func assigned(text string) string {
	for _, m := range assignment.FindAllStringSubmatch(text, 100) {
		name, value := m[1]+m[2], strings.Trim(m[3], `"'`)
		if !strings.HasPrefix(value, "-") && !strings.HasPrefix(value, "$") && !strings.HasPrefix(value, "`") && namedCredential(name, value) {
			return name
		}
	}
	return ""
}
