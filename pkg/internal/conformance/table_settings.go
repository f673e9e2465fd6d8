package main

import (
	"fmt"
	"path"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/rules"
)

// setting is what a team sets that comes from another tool and wants its check
// as that tool ran it by default; docs/migrating.md tells it how.
type setting struct {
	params  map[string]string // by rule, in YAML
	version string            // of Kubernetes; the newest if none
	exempt  []string          // globs of the names of objects whose findings it suppresses
}

// passesOver reports whether objects of the name are exempt.
func (s setting) passesOver(name string) bool {
	return slices.ContainsFunc(s.exempt, func(glob string) bool { ok, _ := path.Match(glob, name); return ok })
}

// decoded are the parameters as the rules want them.
func (s setting) decoded() (map[string]any, error) {
	out := map[string]any{}
	for _, r := range rules.Flat() {
		text, ok := s.params[r.ID]
		if !ok {
			continue
		}
		p := r.Params()
		if err := yaml.Unmarshal([]byte(text), p); err != nil {
			return nil, fmt.Errorf("setting of %s: %w", r.ID, err)
		}
		out[r.ID] = p
	}
	return out, nil
}

func params(rule, text string) setting { return setting{params: map[string]string{rule: text}} }

var (
	three     = params("too-few-replicas", "minimum: 3")
	eachProbe = params("readiness-probe-missing", "behindService: false")
	anyBudget = params("pdb-missing", "minReplicas: 1")
	anySpread = params("replicas-not-spread", "minReplicas: 1")
	explicit  = setting{params: map[string]string{
		"cpu-request-missing":         "fromLimit: false",
		"memory-request-missing":      "fromLimit: false",
		"ephemeral-storage-unbounded": "fromLimit: false",
	}}
)

// settings are by tool and check.
var settings = map[string]setting{
	"kube-linter dnsconfig-options":          params("dns-config-unset", "options: [ndots=2]"),
	"kube-linter hpa-minimum-three-replicas": three,
	"kube-linter minimum-three-replicas":     three,
	"kube-linter no-readiness-probe":         eachProbe,
	"kube-linter required-annotation-email":  params("required-metadata-missing", `{labels: [], annotations: ['email=[^@\s]+@[^@\s]+']}`),
	"kube-linter required-label-owner":       params("required-metadata-missing", "{labels: [owner], annotations: []}"),

	"kube-score container-ephemeral-storage-request-and-limit": explicit,
	"kube-score container-resources":                           explicit,
	"kube-score deployment-has-poddisruptionbudget":            anyBudget,
	"kube-score stable-version":                                {version: "1.18"},
	"kube-score statefulset-has-host-podantiaffinity":          anySpread,
	"kube-score statefulset-has-poddisruptionbudget":           anyBudget,

	"polaris clusterrolePodExecAttach":   {exempt: []string{"admin", "cluster-admin", "system:*", "gce:podsecuritypolicy:calico-sa"}},
	"polaris missingPodDisruptionBudget": anyBudget,
	"polaris pullPolicyNotAlways":        params("image-pull-not-always", "explicit: true"),
	"polaris readinessProbeMissing":      eachProbe,
	"polaris rolePodExecAttach":          {exempt: []string{"system:*", "gce:podsecuritypolicy:calico-sa"}},
	"polaris topologySpreadConstraint":   anySpread,

	"trivy-checks KSV-0022": params("restricted-capability-added", "allowed: []"),
}
