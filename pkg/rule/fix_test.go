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
		want  string
	}{
		"values key": {[]result.Origin{values, template}, `pin the tag; it is made from the values key "image.tag"`},
		"template":   {[]result.Origin{template}, "pin the tag"},
		"no chain":   {nil, "pin the tag"},
	} {
		if got := inTermsOfSource("pin the tag", result.Location{Chain: c.chain}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
