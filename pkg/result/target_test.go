package result

import (
	"slices"
	"testing"
)

// No report shows what was given with --set: it may be a secret.
func TestMasked(t *testing.T) {
	if (*Helm)(nil).Masked() != nil {
		t.Error("no chart has become one")
	}
	h := &Helm{Set: []string{"db.password=hunter2,db.user=me", "flag"}, SetString: []string{"a.b=x=y"}, SetFile: []string{"k=p"}}
	m := h.Masked()
	if want := []string{"db.password=***", "flag=***"}; !slices.Equal(m.Set, want) {
		t.Errorf("Set is %q, want %q", m.Set, want)
	}
	if want := []string{"a.b=***"}; !slices.Equal(m.SetString, want) {
		t.Errorf("SetString is %q, want %q", m.SetString, want)
	}
	if h.Set[0] != "db.password=hunter2,db.user=me" {
		t.Error("the renderer's own values were masked")
	}
}
