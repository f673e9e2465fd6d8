package helm

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"helm.sh/helm/v3/pkg/chart"
)

// errRemote is a schema that would have to be fetched.
var errRemote = errors.New("not fetched: rendering uses no network")

type offline struct{ seen []string }

// Load refuses: a chart must not make us read other files or the network.
func (o *offline) Load(url string) (any, error) {
	o.seen = append(o.seen, url)
	return true, nil // any value fits the part that cannot be had
}

// validate checks values against the schema of the chart and those of its
// sub-charts, as Helm does, but for remote references: they are not fetched,
// and warned of; the rest is validated.
func validate(ch *chart.Chart, vals map[string]any) (warnings []string, err error) {
	var faults []string
	var check func(ch *chart.Chart, vals map[string]any)
	check = func(ch *chart.Chart, vals map[string]any) {
		if ch.Schema != nil {
			o := &offline{}
			if err := validateOne(ch.Schema, vals, o); err != nil {
				faults = append(faults, fmt.Sprintf("%s: %v", ch.Name(), err))
			}
			for _, u := range o.seen {
				warnings = append(warnings, fmt.Sprintf("values.schema.json of %s refers to %s: %v", ch.Name(), u, errRemote))
			}
		}
		for _, sub := range ch.Dependencies() {
			switch v := vals[sub.Name()].(type) {
			case nil:
			case map[string]any:
				check(sub, v)
			default:
				faults = append(faults, fmt.Sprintf("%s: invalid type for values: expected object (map), got %T", sub.Name(), v))
			}
		}
	}
	check(ch, vals)
	if len(faults) > 0 {
		return warnings, errors.New("values don't meet the specifications of the schema(s) in the following chart(s):\n" + strings.Join(faults, "\n"))
	}
	return warnings, nil
}

func validateOne(schema []byte, vals map[string]any, o *offline) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("unable to validate schema: %v", p)
		}
	}()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(o)
	const name = "file:///values.schema.json"
	if err := c.AddResource(name, doc); err != nil {
		return err
	}
	s, err := c.Compile(name)
	if err != nil {
		return err
	}
	if err := s.Validate(vals); err != nil {
		text := strings.ReplaceAll(err.Error(), name, path.Base(name))
		return errors.New(strings.TrimPrefix(text, "jsonschema validation failed with 'values.schema.json#'\n"))
	}
	return nil
}
