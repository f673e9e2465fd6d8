package rbac

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkGraph takes targets of growing size from bindings to the paths of
// every workload: four objects a workload, ten workloads a namespace, and in
// each namespace one account that is bound to admin.
func BenchmarkGraph(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var text []string
			for i := range n / 4 {
				ns, role := fmt.Sprintf("n%d", i/10), "it"
				if i%10 == 0 {
					role = "admin"
				}
				text = append(text,
					fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p%d, namespace: %s}\nspec: {serviceAccountName: s%d, containers: [{name: c}]}\n", i, ns, i),
					fmt.Sprintf("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s%d, namespace: %s}\n", i, ns),
					fmt.Sprintf("apiVersion: %s/v1\nkind: ClusterRole\nmetadata: {name: it%d}\nrules: %s\n", rbacGroup, i, rules("core pods create", "core secrets get", "core configmaps get")),
					fmt.Sprintf("apiVersion: %s/v1\nkind: RoleBinding\nmetadata: {name: b%d, namespace: %s}\nroleRef: {kind: ClusterRole, name: %s}\nsubjects: [{kind: ServiceAccount, name: s%d, namespace: %s}]\n", rbacGroup, i, ns, strings.Replace(role, "it", fmt.Sprintf("it%d", i), 1), i, ns))
			}
			x := permissions(b, "", strings.Join(text, "---\n")).x
			b.ReportAllocs()
			found := 0
			for b.Loop() {
				found = 0
				p := New(x)
				g := p.Graph()
				goals := g.Goals(NamespaceAdmin)
				for _, pod := range x.Pods() {
					for _, a := range p.Accounts(pod) {
						for _, goal := range goals {
							if g.Path(a.Subject, goal) != nil {
								found++
							}
						}
					}
				}
			}
			if found != n/4 {
				b.Fatalf("found %d paths, want %d", found, n/4)
			}
		})
	}
}
