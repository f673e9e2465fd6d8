package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/schema"
)

// SchemaInvalid reports objects that the API server refuses or cuts down.
var SchemaInvalid = &rule.Rule{
	Meta: rule.Meta{
		ID: "schema-invalid", Severity: result.High, Since: "0.1",
		Title: "Object breaks the schema of its kind",
		Why: `The API server refuses an object with a field of the wrong type or without a
required one, and the deployment stops there. A field that it does not know, a
misspelt one for instance, it drops: the object looks right, and the setting has
no effect.`,
		Fix: "write the field as the kind's reference has it for the target's version",
		Refs: []string{
			"https://kubernetes.io/docs/reference/kubernetes-api/",
			"https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
			"https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation",
		},
	},
	Universe: func(p *rule.Pass) {
		schemas := p.Index.Schemas()
		if v := p.Index.Version(); v.Minor != schemas.Minor() {
			p.Skip("schemas", "", "Kubernetes %s has no embedded schemas: objects were checked by those of 1.%d, the nearest", v, schemas.Minor())
		}
		without := map[string]int{}
		for _, o := range p.Index.Objects {
			if root := schemas.Of(o.Key.APIVersion, o.Key.Kind); root != nil {
				check(p, o, schemas.Check(o, root), root.Custom != nil)
				continue
			}
			without[o.Key.APIVersion+" "+o.Key.Kind]++
			if p.Params.(*InvalidParams).Require {
				p.Add(rule.Problem{At: o.At("kind"), Severity: new(result.Medium),
					Fix:     "put the kind's CustomResourceDefinition into the repository",
					Message: fmt.Sprintf("%s is of a kind without schema for Kubernetes 1.%d: nothing was checked", o, schemas.Minor())})
			}
		}
		if len(without) > 0 {
			p.Skip("schemas", "put the CustomResourceDefinitions of custom kinds into the repository",
				"objects of kinds without a schema were not checked against one: %s", counted(without))
		}
	},
	Params: func() any { return &InvalidParams{} },
}

// InvalidParams are the parameters of schema-invalid.
type InvalidParams struct {
	// Require reports objects of kinds without a schema.
	Require bool `yaml:"requireSchema"`
}

func check(p *rule.Pass, o *manifest.Object, problems []schema.Problem, custom bool) {
	for _, pr := range problems {
		add := rule.Problem{At: pr.At, Fix: pr.Fix, Message: fmt.Sprintf("%s: %s%s", o, pr.Message, follows[pr.Reason])}
		if pr.Reason == schema.Unknown || pr.Reason == schema.Duplicate && !custom {
			add.Severity = new(result.Medium)
		}
		p.Add(add)
	}
}

// counted lists a few kinds with their numbers.
func counted(kinds map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		if len(out) == 5 {
			out = append(out, fmt.Sprintf("and %d kinds more", len(kinds)-5))
			break
		}
		out = append(out, fmt.Sprintf("%s (%d)", k, kinds[k]))
	}
	return strings.Join(out, ", ")
}

// follows says what follows from a problem.
var follows = map[schema.Reason]string{
	schema.Unknown:   ": kubectl refuses the object, and other clients lose the field without a word",
	schema.Missing:   ": the API server refuses the object",
	schema.Type:      ": the API server refuses the object",
	schema.Invalid:   ": the API server refuses the object",
	schema.Duplicate: ": the API server refuses the object, or keeps one of the two",
}
