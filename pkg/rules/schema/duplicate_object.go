package schema

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DuplicateObject reports objects that a target renders twice.
var DuplicateObject = &rule.Rule{
	Meta: rule.Meta{
		ID: "duplicate-object", Severity: result.Medium, Since: "0.1",
		Title: "Object is rendered twice",
		Why: `The later one overwrites the earlier, or Helm refuses the release: what was
reviewed in one file is not what runs.`,
		Fix: "remove one of the two, or give it another name",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
		},
	},
	Universe: func(p *rule.Pass) {
		type id struct{ group, kind, namespace, name string }
		first := map[id]*manifest.Object{}
		for _, o := range p.Index.Objects {
			if o.Key.Name == "" || o.At("metadata", "name").Str() == "" {
				continue // generateName makes another each time
			}
			k := id{o.Key.Group(), o.Key.Kind, p.Index.Namespace(o), o.Key.Name}
			if !p.Index.Namespaced(o) {
				k.namespace = ""
			}
			before := first[k]
			if before == nil {
				first[k] = o
				continue
			}
			p.Add(rule.Problem{
				At:      o.At("metadata", "name"),
				Message: fmt.Sprintf("%s is rendered twice: the later one overwrites the earlier", o),
				Related: []result.Related{rule.See(before.At("metadata", "name"), "first here")},
			})
		}
	},
}
