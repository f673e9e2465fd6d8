package scan

import (
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func TestRenderedHas(t *testing.T) {
	r := rendered{kinds: map[[2]string][]deployed{
		{"", "Service"}: {
			{namespace: "shop", prefix: "api"},
			{prefix: "db"}, // in a namespace that nobody names
			{suffix: "-frontend", release: true},
		},
	}}
	for _, tt := range []struct {
		namespace, name string
		want            bool
	}{
		{"shop", "api", true},
		{"other", "api", false},
		{"other", "db", true},
		{"shop", "shop-frontend", true},
		{"shop", "-frontend", false},
		{"shop", "frontend", false},
	} {
		k := result.Key{APIVersion: "v1", Kind: "Service", Namespace: tt.namespace, Name: tt.name}
		if got := r.has(k); got != tt.want {
			t.Errorf("%s: %v", k, got)
		}
	}
	if r.has(result.Key{APIVersion: "v1", Kind: "Secret", Name: "api"}) {
		t.Error("another kind counts")
	}
}
