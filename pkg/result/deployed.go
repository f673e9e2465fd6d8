package result

import (
	"cmp"
	"slices"
	"strings"
)

// Deployed is an object that a target of a run deploys, by name only. Either
// part may be unknown: where nobody says which namespace a chart goes to, or
// what its release is called.
type Deployed struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"` // "" for all
	// Prefix and Suffix stand around the name of the release; Release says
	// that something stands between them.
	Prefix  string `json:"prefix,omitempty"`
	Suffix  string `json:"suffix,omitempty"`
	Release bool   `json:"release,omitempty"`
}

// SortDeployed sorts, and keeps each once.
func SortDeployed(ds []Deployed) []Deployed {
	slices.SortFunc(ds, func(a, b Deployed) int {
		between := 0
		if a.Release != b.Release {
			between = 1
			if b.Release {
				between = -1
			}
		}
		return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Namespace, b.Namespace),
			strings.Compare(a.Prefix, b.Prefix), strings.Compare(a.Suffix, b.Suffix), between)
	})
	return slices.Compact(ds)
}

// is reports whether d may be what k, of its group and kind, names.
func (d *Deployed) is(k Key) bool {
	if d.Namespace != "" && k.Namespace != "" && d.Namespace != k.Namespace {
		return false
	}
	if !d.Release {
		return d.Prefix == k.Name
	}
	return len(k.Name) > len(d.Prefix)+len(d.Suffix) && strings.HasPrefix(k.Name, d.Prefix) && strings.HasSuffix(k.Name, d.Suffix)
}

// NotDeployed leaves out the findings about something missing that is there:
// what a rule misses in its target, another one may bring.
func NotDeployed(fs []Finding, ds []Deployed) []Finding {
	kinds := map[[2]string][]Deployed{}
	for _, d := range ds {
		k := [2]string{d.Group, d.Kind}
		kinds[k] = append(kinds[k], d)
	}
	return slices.DeleteFunc(fs, func(f Finding) bool {
		if f.Missing == nil {
			return false
		}
		m := *f.Missing
		return slices.ContainsFunc(kinds[[2]string{m.Group(), m.Kind}], func(d Deployed) bool { return d.is(m) })
	})
}
