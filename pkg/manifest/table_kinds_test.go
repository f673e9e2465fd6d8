package manifest

import "testing"

func TestMeant(t *testing.T) {
	for _, test := range []struct{ group, kind, wantGroup, wantKind string }{
		{"apps", "Deployment", "apps", "Deployment"},
		{"extensions", "Deployment", "apps", "Deployment"},
		{"", "Deployment", "apps", "Deployment"},
		{"", "pod", "", "Pod"},
		{"extensions", "Ingress", "networking.k8s.io", "Ingress"},
		{RBACGroup, "clusterrole", RBACGroup, "ClusterRole"},
		{"serving.knative.dev", "Service", "serving.knative.dev", "Service"},
		{"example.com", "Deployment", "example.com", "Deployment"},
		{"apps", "Unheard", "apps", "Unheard"},
	} {
		if got, want := meant(test.group, test.kind), (groupKind{test.wantGroup, test.wantKind}); got != want {
			t.Errorf("meant(%q, %q) = %v, want %v", test.group, test.kind, got, want)
		}
	}
}
