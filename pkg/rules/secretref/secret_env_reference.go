package secretref

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretEnvReference reports Secrets that containers read from their
// environment.
var SecretEnvReference = &rule.Rule{
	Meta: rule.Meta{
		ID: "secret-env-reference", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Secret is passed as an environment variable",
		Why: `The environment is inherited by child processes and ends in crash reports, and
a rotated value arrives only with a restart. CIS prefers files; most images
read the environment, hence off.`,
		Fix: "mount the Secret as a volume and read the file",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		for e := range c.At("env").Items() {
			if from := e.At("valueFrom", "secretKeyRef"); from.Exists() {
				p.Report(from, "environment variable %q of container %q holds a Secret's value: child processes inherit it, and crash reports show it", e.At("name").Str(), c.Name)
			}
		}
		for e := range c.At("envFrom").Items() {
			if from := e.At("secretRef"); from.Exists() {
				p.Report(from, "container %q has every key of Secret %q in its environment: child processes inherit them, and crash reports show them", c.Name, from.At("name").Str())
			}
		}
	},
}
