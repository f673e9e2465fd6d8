package schema

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DuplicateYAMLKey reports keys that a mapping writes twice.
var DuplicateYAMLKey = &rule.Rule{
	Meta: rule.Meta{
		ID: "duplicate-yaml-key", Severity: result.Medium, Since: "0.1",
		Title: "Key is written twice",
		Why: `YAML allows a key once in a mapping. Kubernetes' decoders take the last value
and drop the others without a word, other tools take the first or refuse the
file: what was reviewed may not be what runs.`,
		Fix: "keep one of the two keys, or merge their values",
		Refs: []string{
			"https://yaml.org/spec/1.2.2/#3213-node-comparison",
			"https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
		},
	},
	On: rule.Any,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for at := range stringFields(o) {
			if what := lookAlike(at); what != "" {
				p.Add(rule.Problem{
					At: at, Severity: new(result.Low), Fix: "put the value in quotes",
					Message: fmt.Sprintf("%q is written without quotes where a string is meant: readers of YAML 1.1, as Kubernetes' tools are, take it for %s", at.Str(), what),
				})
			}
		}
		if len(o.Doc.Notes) == 0 || o.Doc.Objects()[0].Node != o.Node {
			return // a List's notes are told once, with its first object
		}
		for _, n := range o.Doc.Notes {
			if n.Kind == manifest.NoteDuplicateKey {
				key := n.Node.Value
				p.Add(rule.Problem{
					At: o.PlaceOf(n.Node, key), Evidence: key,
					Message: fmt.Sprintf("key %q is written twice in one mapping: the later one wins, and the first has no effect", key),
					Related: []result.Related{rule.See(o.PlaceOf(n.First, key), "written first here")},
				})
			}
		}
	},
}
