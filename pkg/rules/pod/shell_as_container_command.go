package pod

import (
	"path"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ShellAsContainerCommand reports containers whose command starts with a shell.
var ShellAsContainerCommand = &rule.Rule{
	Meta: rule.Meta{
		ID: "shell-as-container-command", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Container starts a shell",
		Why: `A shell as the first process does not pass signals on, so that pods end late,
and an image that needs one keeps a tool for whoever gets in. A wrapper script
is normal, hence off by default.`,
		Fix: "start the program itself, or end the script with exec",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		if at := c.At("command", 0); slices.Contains(shells, path.Base(at.Str())) {
			p.Report(at, "container %q starts shell %q: signals do not reach the program, and the image holds a shell", c.Name, at.Str())
		}
	},
}

var shells = []string{"sh", "bash", "ash", "ksh", "zsh", "csh", "tcsh", "busybox"}
