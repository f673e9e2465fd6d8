package rule

import (
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func TestFixNamesValuesKey(t *testing.T) {
	values := result.Origin{Role: result.RoleValues, Key: "image.tag"}
	template := result.Origin{Role: result.RoleTemplate}
	for name, c := range map[string]struct {
		chain []result.Origin
		exact bool
		want  string
	}{
		"values key": {[]result.Origin{values, template}, true, `pin the tag; it is made from the values key "image.tag"`},
		"template":   {[]result.Origin{template}, true, "pin the tag"},
		"no chain":   {nil, true, "pin the tag"},
		"two keys":   {[]result.Origin{values, {Role: result.RoleValues, Key: "image.name"}}, true, "pin the tag"},
		"not proven": {[]result.Origin{values}, false, "pin the tag"},
	} {
		if got := inTermsOfSource("pin the tag", result.Location{Chain: c.chain, Exact: c.exact}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
