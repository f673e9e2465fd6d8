package result

import "testing"

func TestNotDeployed(t *testing.T) {
	ds := []Deployed{
		{Kind: "Service", Namespace: "shop", Prefix: "api"},
		{Kind: "Service", Prefix: "db"}, // in a namespace that nobody names
		{Kind: "Service", Suffix: "-frontend", Release: true},
	}
	for _, tt := range []struct {
		kind, namespace, name string
		want                  bool
	}{
		{"Service", "shop", "api", true},
		{"Service", "other", "api", false},
		{"Service", "other", "db", true},
		{"Service", "shop", "shop-frontend", true},
		{"Service", "shop", "-frontend", false},
		{"Service", "shop", "frontend", false},
		{"Secret", "", "api", false},
	} {
		k := Key{APIVersion: "v1", Kind: tt.kind, Namespace: tt.namespace, Name: tt.name}
		if got := len(NotDeployed([]Finding{{Missing: &k}}, ds)) == 0; got != tt.want {
			t.Errorf("%s is deployed: %v", k, got)
		}
	}
	if len(NotDeployed([]Finding{{}}, ds)) != 1 {
		t.Error("a finding about nothing missing falls away")
	}
}
