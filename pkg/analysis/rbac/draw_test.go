package rbac

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// The picture shows who holds what and where it leads, and stays small where
// much is alike.
func TestDraw(t *testing.T) {
	text := pod + strings.Join([]string{
		strings.TrimSuffix(boundRules("ops", rules("core pods create")), "\n---\n"),
		"apiVersion: v1\nkind: Pod\nmetadata: {name: shut, namespace: a}\nspec: {automountServiceAccountToken: false, containers: [{name: c, image: x}]}",
	}, "\n---\n")
	for i := range 100 {
		text += fmt.Sprintf("\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p%d, namespace: many}\nspec: {serviceAccountName: s%d, containers: [{name: c, image: x}]}", i, i)
	}
	g := permissions(t, "", text).Draw()
	label := map[string]string{}
	for _, n := range g.Nodes {
		label[n.ID] = n.Label
	}
	if len(g.Nodes) > 12 {
		t.Errorf("%d nodes: equal accounts are not one\n%v", len(g.Nodes), label)
	}
	var edges []string
	for _, e := range g.Edges {
		s := label[e.From] + " → " + label[e.To]
		if e.Style == result.GraphDanger {
			s += ": " + e.Label
		}
		edges = append(edges, s)
	}
	all := strings.Join(edges, "\n")
	for _, want := range []string{
		"account web → any account of namespace ops: runs a pod under another account",
		"any account of namespace ops → account deployer: ",
		"account deployer → cluster-admin: may do everything",
		"account deployer → ClusterRole/cluster-admin",
	} {
		if !strings.Contains(all+"\n", want+"\n") {
			t.Errorf("no arrow %q in\n%s", want, all)
		}
	}
	for _, want := range []string{"100 × account, holds no role", "without a token"} {
		found := false
		for _, n := range g.Nodes {
			found = found || n.Label == want && n.Style == result.GraphGood
		}
		if !found {
			t.Errorf("no node %q in %v", want, label)
		}
	}
}
