package network

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ExternalPodParams are the parameters of policy-selects-nothing.
type ExternalPodParams struct {
	// External are labels, "key=value", of pods that others make.
	External []string `yaml:"external"`
}

// PolicySelectsNothing reports policies for pods that are not there.
var PolicySelectsNothing = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-selects-nothing", Severity: result.Medium, Since: "0.1",
		Title: "Policy selects no pod",
		Why: `A policy whose selector no pod matches protects nothing, and the pods that it
was written for stay open. Mostly a label was renamed in one place only.`,
		Fix: "select labels that the pods' template has",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
		},
	},
	Params: func() any { return &ExternalPodParams{External: []string{}} },
	Universe: func(p *rule.Pass) {
		external := p.Params.(*ExternalPodParams).External
		for _, policy := range netpol.All(p.Index) {
			at := policy.Selector()
			labels := at.At("matchLabels")
			namespace := p.Index.Namespace(policy.Object)
			// A policy for the whole cluster may be for pods of other targets.
			if policy.ClusterWide() || !at.Exists() || policy.SelectsAll() || !p.Index.Owns(namespace) ||
				p.Index.OperatorMakes(labels, namespace) || declared(labels, external) ||
				slices.ContainsFunc(p.Index.PodsIn(namespace), func(pod manifest.Pod) bool { return policy.Selects(p.Index, pod) }) {
				continue
			}
			p.Report(at, "%s selects no pod of namespace %q: it protects nothing%s", policy.Object, namespace, nearestLabel(p.Index, labels, namespace))
		}
	},
}

// declared reports whether the labels hold one that stands for pods of others.
func declared(labels manifest.Place, external []string) bool {
	for k, v := range labels.Entries() {
		if slices.Contains(external, k+"="+v.Str()) {
			return true
		}
	}
	return false
}

// nearestLabel is a hint at the label that was probably meant: a value of the
// same key on the namespace's pods.
func nearestLabel(x *index.Index, labels manifest.Place, namespace string) string {
	for k, v := range labels.Entries() {
		var values []string
		for _, pod := range x.PodsIn(namespace) {
			if at := pod.Labels().At(k); at.Exists() {
				values = append(values, at.Str())
			}
		}
		if slices.Contains(values, v.Str()) {
			continue
		}
		if hint := suggest.DidYouMean(v.Str(), values); hint != "" {
			return fmt.Sprintf("; no pod has %s=%s, %s", k, v.Str(), hint)
		}
	}
	return ""
}
