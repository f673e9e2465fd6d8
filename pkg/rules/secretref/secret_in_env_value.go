package secretref

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretInEnvValue reports credentials written in environment values.
var SecretInEnvValue = &rule.Rule{
	Meta: rule.Meta{
		ID: "secret-in-env-value", Severity: result.High, Since: "0.1",
		Title: "Credential in an environment value",
		Why: `The value stands in the repository, in every rendered copy, in the API for
everyone who may read pods, and in what kubectl describe prints. It is
inherited by every child process and ends in crash reports. A Secret is at
least kept apart from the workload and can be guarded and rotated by itself.`,
		Fix: "move the value to a Secret and use valueFrom.secretKeyRef; then rotate it",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/secret/",
			"https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		for e := range c.At("env").Items() {
			name, value := e.At("name").Str(), e.At("value")
			switch {
			case !value.Exists():
			case holdsCredential(value.Str()):
				p.Report(value, "environment variable %q of container %q holds a credential: everyone who reads the manifest or the pod has it", name, c.Name)
			case value.IsString() && namedCredential(name, value.Str()):
				p.Report(value, "environment variable %q of container %q has a literal value under a credential's name: everyone who reads the manifest or the pod has it", name, c.Name)
			}
		}
	},
}
