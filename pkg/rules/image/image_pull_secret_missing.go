package image

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImagePullSecretMissing reports private images for which the pod has no
// credentials.
var ImagePullSecretMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-pull-secret-missing", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Private image has no pull secret",
		Why: `Nodes pull from a private registry only with credentials. Without them, or
with a reference to a Secret that does not exist, the pod stays in
ImagePullBackOff on every node that has no copy yet.`,
		Fix: "name the registry's Secret in imagePullSecrets of the pod or of its service account",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/",
		},
	},
	Params: func() any { return &PullSecretParams{Registries: []string{}, Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		params := p.Params.(*PullSecretParams)
		for _, pod := range p.Index.Pods() {
			for _, img := range pulls(pod) {
				if ref, _ := img.Reference(); slices.ContainsFunc(params.Registries, ref.Under) {
					checkPullSecrets(p, pod, img.Image, params.Existing)
				}
			}
		}
	},
}

// PullSecretParams are the parameters of image-pull-secret-missing.
type PullSecretParams struct {
	// Registries are prefixes of image names, by whole components, that need
	// credentials.
	Registries []string `yaml:"registries"`
	// Existing are names of Secrets that exist though no target holds them.
	Existing []string `yaml:"existing"`
}

func checkPullSecrets(p *rule.Pass, pod manifest.Pod, img manifest.Image, existing []string) {
	namespace, account := p.Index.AccountOf(pod)
	secrets := pod.Spec.At("imagePullSecrets")
	if sa := p.Index.Get("", "ServiceAccount", namespace, account); sa != nil && secrets.Len() == 0 {
		secrets = sa.At("imagePullSecrets")
	}
	if secrets.Len() == 0 {
		p.Report(img.Place, "%s is private, and neither the pod nor service account %q names a pull secret: nodes cannot pull it", subject(img), account)
		return
	}
	var missing manifest.Place
	for s := range secrets.Items() {
		name := s.At("name")
		if p.Index.HasSecret(namespace, name.Str()) || slices.Contains(existing, name.Str()) {
			return
		}
		missing = name
	}
	p.Add(rule.Problem{At: img.Place, Missing: result.Key{APIVersion: "v1", Kind: "Secret", Namespace: namespace, Name: missing.Str()}, Related: []result.Related{rule.See(missing, "named here")},
		Message: fmt.Sprintf("%s is private, and pull secret %q exists nowhere: nodes cannot pull it", subject(img), missing.Str())})
}
