package supply

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// GitSyncCommandInjection reports git-sync containers whose programs or keys
// others choose.
var GitSyncCommandInjection = &rule.Rule{
	Meta: rule.Meta{
		ID: "git-sync-command-injection", Severity: result.Medium, Since: "0.1",
		Title: "Program that git-sync runs can be chosen",
		Why: `git-sync runs the program that GITSYNC_GIT or --git names, and an askpass
program, with its own rights. Whoever may edit the manifest, or write to the
volume that holds them, so runs code in the pod beside an innocent image.`,
		Fix: "remove GITSYNC_GIT and --git, and mount keys read-only from a Secret",
		Refs: []string{
			"https://cwe.mitre.org/data/definitions/78.html",
			"https://github.com/kubernetes/git-sync",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		ref, err := manifest.ParseReference(c.At("image").Str())
		if err != nil || !strings.Contains(ref.Base(), "git-sync") {
			return
		}
		secrets := []string{"/etc/git-secret/ssh"}
		for e := range c.At("env").Items() {
			switch name := e.At("name"); name.Str() {
			case "GITSYNC_GIT":
				p.Report(name, "container %q sets GITSYNC_GIT: git-sync runs whatever program it names", c.Name)
			case "GITSYNC_SSH_KEY_FILE", "GIT_SSH_KEY_FILE", "GIT_ASKPASS", "GIT_SSH":
				secrets = append(secrets, e.At("value").Str())
			}
		}
		for _, list := range [...]string{"command", "args"} {
			for word := range c.At(list).Items() {
				flag, value, _ := strings.Cut(strings.TrimLeft(word.Str(), "-"), "=")
				switch {
				case !strings.HasPrefix(word.Str(), "-"):
				case flag == "git":
					p.Report(word, "container %q sets --git: git-sync runs whatever program it names", c.Name)
				case flag == "ssh-key-file":
					secrets = append(secrets, value)
				}
			}
		}
		for m := range c.At("volumeMounts").Items() {
			at := m.At("mountPath")
			if !m.At("readOnly").IsTrue() && untrusted(pod, m.At("name").Str()) && slices.ContainsFunc(secrets, func(file string) bool { return holds(at.Str(), file) }) {
				p.Report(at, "container %q takes its keys and helpers from %q on a volume that others can write: they choose what git-sync runs", c.Name, at.Str())
			}
		}
	},
}

// untrusted reports whether others than the API server fill the volume.
func untrusted(pod manifest.Pod, volume string) bool {
	for v := range pod.Spec.At("volumes").Items() {
		if v.At("name").Str() != volume {
			continue
		}
		for _, kind := range [...]string{"hostPath", "emptyDir", "persistentVolumeClaim", "ephemeral", "nfs"} {
			if v.At(kind).Exists() {
				return true
			}
		}
	}
	return false
}

// holds reports whether the file is the mount or lies below it.
func holds(mount, file string) bool {
	rest, ok := strings.CutPrefix(file, strings.TrimSuffix(mount, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
