package storage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PvcReferenceMissing reports pods that name a claim which nothing creates.
var PvcReferenceMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "pvc-reference-missing", Severity: result.Medium, Since: "0.1",
		Title: "Claim does not exist",
		Why: `A pod that names a PersistentVolumeClaim waits in Pending until the claim
exists. Nothing in this target creates it, and the configuration does not say
that it exists.`,
		Fix: "add the PersistentVolumeClaim, mend the name, or list it in the rule's existing parameter",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes",
		},
	},
	Params: func() any { return &ClaimParams{Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		existing := p.Params.(*ClaimParams).Existing
		for _, pod := range p.Index.Pods() {
			namespace := p.Index.Namespace(pod.Object)
			for name, at := range claims(pod) {
				if !slices.Contains(existing, name) && !slices.Contains(existing, namespace+"/"+name) && !created(p.Index, namespace, name) {
					p.Add(rule.Problem{
						At: at, Missing: result.Key{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: p.Index.Namespace(pod.Object), Name: name},
						Message: fmt.Sprintf("%s mounts claim %q, which nothing here creates: its pods stay in Pending", pod.Object, name),
					})
				}
			}
		}
	},
}

// ClaimParams are the parameters of pvc-reference-missing.
type ClaimParams struct {
	// Existing are names of claims, or namespace/name, that exist though no
	// target holds them.
	Existing []string `yaml:"existing"`
}

// created reports whether the target holds the claim, or an object that makes
// it.
func created(x *index.Index, namespace, name string) bool {
	if x.Get("", "PersistentVolumeClaim", namespace, name) != nil || x.Get("cdi.kubevirt.io", "DataVolume", namespace, name) != nil {
		return true
	}
	for _, set := range x.Kind("apps", "StatefulSet") {
		for t := range set.At("spec", "volumeClaimTemplates").Items() {
			number, ok := strings.CutPrefix(name, t.At("metadata", "name").Str()+"-"+set.Key.Name+"-")
			if _, err := strconv.Atoi(number); ok && err == nil && x.Namespace(set) == namespace {
				return true
			}
		}
	}
	return false
}
