package rbac

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

func permissions(t testing.TB, version, text string) *Permissions {
	t.Helper()
	var docs []*manifest.Document
	for _, s := range strings.Split(text, "\n---\n") {
		d := &manifest.Document{Target: "t", Path: "t.yaml", Text: []byte(s), Line: 1}
		if err := d.Parse(); err != nil {
			t.Fatalf("%v in\n%s", err, s)
		}
		docs = append(docs, d)
	}
	return New(index.New(result.Target{Name: "t", KubeVersion: version}, docs))
}

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a}
spec: {serviceAccountName: web, containers: [{name: c, image: x}]}
---
# The strong one, which holds cluster-admin and runs beside.
apiVersion: v1
kind: Pod
metadata: {name: deployer-0, namespace: ops}
spec: {serviceAccountName: deployer, containers: [{name: c, image: x}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: deployer}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: deployer, namespace: ops}]
---
apiVersion: v1
kind: Secret
metadata: {name: deployer-token, namespace: ops, annotations: {kubernetes.io/service-account.name: deployer}}
type: kubernetes.io/service-account-token
---
`

// boundRules gives rules to ServiceAccount a/web, in the whole cluster or in the
// namespace.
func boundRules(namespace, rules string) string {
	kind := "ClusterRoleBinding"
	if namespace != "" {
		kind = "RoleBinding"
	}
	return fmt.Sprintf(`apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: it}
rules: %s
---
apiVersion: rbac.authorization.k8s.io/v1
kind: %s
metadata: {name: it, namespace: %q}
roleRef: {kind: ClusterRole, name: it}
subjects: [{kind: ServiceAccount, name: web, namespace: a}]
`, rules, kind, namespace)
}

// rules writes rules as a flow list: "group resource verbs [names]", one each.
func rules(lines ...string) string {
	var out []string
	for _, l := range lines {
		f := strings.Fields(l)
		if f[0] == "core" {
			f[0] = ""
		}
		names := ""
		if len(f) > 3 {
			names = fmt.Sprintf(", resourceNames: [%q]", f[3])
		}
		out = append(out, fmt.Sprintf("{apiGroups: [%q], resources: [%q], verbs: [%s]%s}", f[0], f[1], f[2], names))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

const rbacGroup = "rbac.authorization.k8s.io"

// Each technique leads to its goal, and does not where a part of it lacks.
func TestTechniques(t *testing.T) {
	const cluster, ops, none = "cluster-admin", "admin of namespace ops", ""
	for _, c := range []struct {
		name      string
		namespace string // of the binding, "" for the whole cluster
		rules     []string
		goal      string
	}{
		{"everything", "", []string{"* * '*'"}, cluster},
		{"everything, by verb", "", []string{"* * get,list"}, "all secrets"},
		{"everything in a namespace", "b", []string{"* * '*'"}, "admin of namespace b"},
		{"everything in kube-system", "kube-system", []string{"* * '*'"}, cluster},
		{"everything of one group", "", []string{"apps.example.com * '*'"}, none},
		{"everything by name", "", []string{"* * '*' x"}, cluster}, // it mints the token of no account, but rewrites a role
		{"all URLs", "", []string{"x y '*'"}, none},

		{"create pods", "ops", []string{"core pods create"}, cluster},
		{"create pods where nobody is strong", "b", []string{"core pods create"}, none},
		{"create pods everywhere", "", []string{"core pods create"}, cluster},
		{"create pods by name", "ops", []string{"core pods create x"}, none},
		{"create deployments", "ops", []string{"apps deployments create"}, cluster},
		{"create deployments of another group", "ops", []string{"example.com deployments create"}, none},
		{"patch one deployment", "ops", []string{"apps deployments patch web"}, cluster},
		{"read deployments", "ops", []string{"apps deployments get,list,watch"}, none},
		{"create cronjobs", "ops", []string{"batch cronjobs create"}, cluster},
		{"delete pods", "ops", []string{"core pods delete"}, none},
		{"patch pods", "ops", []string{"core pods patch"}, cluster},
		{"patch another pod", "ops", []string{"core pods patch other"}, none},
		{"patch pods' status", "ops", []string{"core pods/status patch"}, none},

		{"exec", "ops", []string{"core pods/exec create"}, cluster},
		{"exec by websocket", "ops", []string{"core pods/exec get"}, cluster},
		{"exec by name", "ops", []string{"core pods/exec create deployer-0"}, cluster},
		{"exec into another", "ops", []string{"core pods/exec create other"}, none},
		{"exec where nobody runs", "b", []string{"core pods/exec create"}, none},
		{"attach", "ops", []string{"core pods/attach create"}, cluster},
		{"ephemeral containers", "ops", []string{"core pods/ephemeralcontainers patch"}, cluster},
		{"port-forward", "ops", []string{"core pods/portforward create"}, none},
		{"logs", "ops", []string{"core pods/log get"}, none},

		{"mint tokens", "ops", []string{"core serviceaccounts/token create"}, cluster},
		{"mint one token", "ops", []string{"core serviceaccounts/token create deployer"}, cluster},
		{"mint another token", "ops", []string{"core serviceaccounts/token create other"}, none},
		{"mint a token by cluster role", "", []string{"core serviceaccounts/token create deployer"}, cluster},
		{"create accounts", "ops", []string{"core serviceaccounts create"}, none},

		{"impersonate accounts", "ops", []string{"core serviceaccounts impersonate"}, cluster},
		{"impersonate one account", "ops", []string{"core serviceaccounts impersonate deployer"}, cluster},
		{"impersonate another account", "ops", []string{"core serviceaccounts impersonate other"}, none},
		{"impersonate users", "", []string{"core users impersonate"}, cluster},
		{"impersonate users in a namespace", "ops", []string{"core users impersonate"}, none},
		{"impersonate one user", "", []string{"core users impersonate jane"}, none},
		{"impersonate the controller manager", "", []string{"core users impersonate system:kube-controller-manager"}, cluster},
		{"impersonate groups alone", "", []string{"core groups impersonate"}, none},
		{"impersonate groups as somebody", "", []string{"core groups impersonate", "core users impersonate jane"}, cluster},
		{"impersonate masters", "", []string{"core groups impersonate system:masters", "core users impersonate jane"}, cluster},
		{"impersonate a harmless group", "", []string{"core groups impersonate devs", "core users impersonate jane"}, none},

		{"read token Secrets", "ops", []string{"core secrets get"}, cluster},
		{"list token Secrets", "ops", []string{"core secrets list"}, cluster},
		{"read one token Secret", "ops", []string{"core secrets get deployer-token"}, cluster},
		{"read another Secret", "ops", []string{"core secrets get other"}, none},
		{"write Secrets", "ops", []string{"core secrets create,update"}, none},
		{"make and read Secrets", "ops", []string{"core secrets create,get"}, cluster},
		{"make Secrets and read one", "ops", []string{"core secrets create", "core secrets get other"}, none},
		{"add a bootstrap token", "kube-system", []string{"core secrets create"}, cluster},
		{"add a bootstrap token everywhere", "", []string{"core secrets create"}, cluster},
		{"read all Secrets where none is a token", "", []string{"core secrets list"}, cluster}, // one is

		{"bind anything", "", []string{rbacGroup + " clusterroles bind", rbacGroup + " clusterrolebindings create"}, cluster},
		{"bind without writing bindings", "", []string{rbacGroup + " clusterroles bind"}, none},
		{"write bindings without bind", "", []string{rbacGroup + " clusterrolebindings create,update,patch"}, none},
		{"bind in a namespace", "b", []string{rbacGroup + " clusterroles bind", rbacGroup + " rolebindings create"}, "admin of namespace b"},
		{"bind in every namespace", "", []string{rbacGroup + " clusterroles bind", rbacGroup + " rolebindings create"}, cluster},
		{"bind cluster-admin by name", "", []string{rbacGroup + " clusterroles bind cluster-admin", rbacGroup + " clusterrolebindings create"}, cluster},
		{"bind view by name", "", []string{rbacGroup + " clusterroles bind view", rbacGroup + " clusterrolebindings create"}, none},
		{"escalate", "", []string{rbacGroup + " clusterroles escalate,update"}, cluster},
		{"escalate its own role", "", []string{rbacGroup + " clusterroles escalate,update it"}, cluster},
		{"escalate another role", "", []string{rbacGroup + " clusterroles escalate,update other"}, none},
		{"escalate without writing roles", "", []string{rbacGroup + " clusterroles escalate"}, none},
		{"write roles without escalate", "", []string{rbacGroup + " clusterroles create,update,patch", rbacGroup + " roles create,update"}, none},

		{"node proxy", "", []string{"core nodes/proxy get"}, cluster},
		{"node proxy in a namespace", "ops", []string{"core nodes/proxy get"}, none},
		{"nodes", "", []string{"core nodes get,list,update"}, none},
		{"approve certificates", "", []string{"certificates.k8s.io certificatesigningrequests create", "certificates.k8s.io certificatesigningrequests/approval update", "certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client"}, cluster},
		{"approve certificates of any signer", "", []string{"certificates.k8s.io certificatesigningrequests create", "certificates.k8s.io certificatesigningrequests/approval update", "certificates.k8s.io signers approve"}, cluster},
		{"approve kubelets' certificates", "", []string{"certificates.k8s.io certificatesigningrequests create", "certificates.k8s.io certificatesigningrequests/approval update", "certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet"}, cluster},
		{"approve serving certificates", "", []string{"certificates.k8s.io certificatesigningrequests create", "certificates.k8s.io certificatesigningrequests/approval update", "certificates.k8s.io signers approve kubernetes.io/kubelet-serving"}, none},
		{"approve without a signer", "", []string{"certificates.k8s.io certificatesigningrequests create", "certificates.k8s.io certificatesigningrequests/approval update"}, none},
		{"request certificates", "", []string{"certificates.k8s.io certificatesigningrequests create"}, none},

		{"mutating webhooks", "", []string{"admissionregistration.k8s.io mutatingwebhookconfigurations patch"}, cluster},
		{"validating webhooks", "", []string{"admissionregistration.k8s.io validatingwebhookconfigurations create"}, cluster}, // by the token Secret
		{"read webhooks", "", []string{"admissionregistration.k8s.io mutatingwebhookconfigurations get"}, none},
		{"mutating policies", "", []string{"admissionregistration.k8s.io mutatingadmissionpolicies create", "admissionregistration.k8s.io mutatingadmissionpolicybindings create"}, cluster},
		{"mutating policies without a binding", "", []string{"admissionregistration.k8s.io mutatingadmissionpolicies create"}, none},
		{"validating policies", "", []string{"admissionregistration.k8s.io validatingadmissionpolicies create"}, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := permissions(t, "", pod+boundRules(c.namespace, rules(c.rules...)))
			got := reached(p)
			if c.name == "everything, by verb" && got == cluster {
				return // the token Secret leads on
			}
			if got != c.goal {
				t.Errorf("reaches %q, want %q", got, c.goal)
			}
		})
	}
}

// reached is the worst goal of ServiceAccount a/web.
func reached(p *Permissions) string {
	g := p.Graph()
	for _, kind := range []NodeKind{ClusterAdmin, NamespaceAdmin, AllSecrets} {
		for _, goal := range g.Goals(kind) {
			if path := g.Path(Subject{"ServiceAccount", "a", "web"}, goal); path != nil {
				return goal.String()
			}
		}
	}
	return ""
}

// A path in words names each binding, role and right.
func TestPathString(t *testing.T) {
	p := permissions(t, "", pod+boundRules("ops", rules("core pods create")))
	got := p.Graph().Path(Subject{"ServiceAccount", "a", "web"}, Node{Kind: ClusterAdmin}).String()
	want := `ServiceAccount/a/web → RoleBinding/it → ClusterRole/it → create pods in "ops" → ServiceAccount/ops/deployer → ClusterRoleBinding/deployer → ClusterRole/cluster-admin → everything → cluster-admin`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Groups give what they hold to those who are in them, and to no others.
func TestGroups(t *testing.T) {
	for group, want := range map[string]string{
		"system:serviceaccounts":     "cluster-admin",
		"system:serviceaccounts:a":   "cluster-admin",
		"system:serviceaccounts:b":   "",
		"system:authenticated":       "cluster-admin",
		"system:unauthenticated":     "cluster-admin",
		"system:serviceaccounts:ops": "",
		"devs":                       "",
	} {
		p := permissions(t, "", pod+strings.Replace(boundRules("", rules("* * '*'")), "{kind: ServiceAccount, name: web, namespace: a}", fmt.Sprintf("{kind: Group, name: %q}", group), 1))
		if got := reached(p); got != want {
			t.Errorf("%s: reaches %q, want %q", group, got, want)
		}
	}
}

// What every cluster has depends on its version.
func TestBuiltin(t *testing.T) {
	for version, want := range map[string]bool{"1.36": false, "1.37": true, "": true, "1.99": true, "1.20": false} {
		p := permissions(t, version, pod+"{}")
		g := p.held[Subject{Kind: "Group", Name: "system:serviceaccounts"}]
		got := false
		for _, h := range g {
			got = got || h.BindingName == "system:cluster-trust-bundle-discovery"
		}
		if got != want {
			t.Errorf("%q: the binding of cluster trust bundles is there: %v, want %v", version, got, want)
		}
	}
	p := permissions(t, "", pod+"{}")
	for _, c := range []struct {
		role, verb, group, resource string
		want                        bool
	}{
		{"view", "get", "", "pods", true}, {"view", "get", "", "secrets", false},
		{"edit", "get", "", "secrets", true}, {"edit", "create", rbacGroup, "roles", false},
		{"admin", "create", rbacGroup, "roles", true}, {"admin", "get", "", "secrets", true},
		{"system:node", "get", "", "secrets", true},
	} {
		got := false
		for _, r := range p.RoleRules("ClusterRole", "", c.role) {
			got = got || r.Allows(c.verb, c.group, c.resource)
		}
		if got != c.want {
			t.Errorf("%s may %s %s: %v, want %v", c.role, c.verb, c.resource, got, c.want)
		}
	}
}

// Who holds a token is who mounts it.
func TestAccounts(t *testing.T) {
	p := permissions(t, "", `
apiVersion: v1
kind: ServiceAccount
metadata: {name: shy, namespace: a}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Secret
metadata: {name: strong, namespace: a, annotations: {kubernetes.io/service-account.name: strong}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Pod
metadata: {name: plain, namespace: a}
spec: {serviceAccountName: web, containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: none, namespace: a}
spec: {serviceAccountName: web, automountServiceAccountToken: false, containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shy, namespace: a}
spec: {serviceAccountName: shy, containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: volume, namespace: a}
spec: {serviceAccountName: shy, containers: [{name: c}], volumes: [{name: v, secret: {secretName: strong}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: env, namespace: a}
spec: {containers: [{name: c, env: [{name: T, valueFrom: {secretKeyRef: {name: strong, key: token}}}]}]}
`)
	want := map[string]string{"plain": "web", "none": "", "shy": "", "volume": "strong", "env": "default strong"}
	for _, pod := range p.x.Pods() {
		var got []string
		for _, a := range p.Accounts(pod) {
			got = append(got, a.Name)
		}
		if n := pod.Object.Key.Name; strings.Join(got, " ") != want[n] {
			t.Errorf("%s holds the tokens of %q, want %q", n, got, want[n])
		}
	}
}

// On random targets the searches from the goals find what a walk from each
// account finds, and paths as short.
func TestReachabilityOracle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	some := []string{
		"core pods create", "core pods/exec create", "core serviceaccounts/token create", "core secrets get", "core secrets create",
		rbacGroup + " clusterroles bind", rbacGroup + " rolebindings create", rbacGroup + " clusterrolebindings create",
		"core serviceaccounts impersonate", "core nodes/proxy get", "core configmaps get", "core pods get", "core serviceaccounts/token create s1",
	}
	found := 0
	for range 300 {
		var text []string
		namespaces, names := []string{"a", "b", "c"}, []string{"s1", "s2"}
		for _, ns := range namespaces {
			for _, n := range names {
				text = append(text, fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p-%s, namespace: %s}\nspec: {serviceAccountName: %s, containers: [{name: c}]}\n", n, ns, n))
			}
		}
		for i := range 6 {
			var rs []string
			for range 1 + rnd.IntN(2) {
				rs = append(rs, some[rnd.IntN(len(some))])
			}
			role := fmt.Sprintf("r%d", i)
			if rnd.IntN(8) == 0 {
				rs = []string{"* * '*'"}
			}
			text = append(text, fmt.Sprintf("apiVersion: %s/v1\nkind: ClusterRole\nmetadata: {name: %s}\nrules: %s\n", rbacGroup, role, rules(rs...)))
			kind, ns := "RoleBinding", namespaces[rnd.IntN(3)]
			if rnd.IntN(6) == 0 {
				kind = "ClusterRoleBinding"
			}
			text = append(text, fmt.Sprintf("apiVersion: %s/v1\nkind: %s\nmetadata: {name: b%d, namespace: %s}\nroleRef: {kind: ClusterRole, name: %s}\nsubjects: [{kind: ServiceAccount, name: %s, namespace: %s}]\n",
				rbacGroup, kind, i, ns, role, names[rnd.IntN(2)], namespaces[rnd.IntN(3)]))
		}
		p := permissions(t, "", strings.Join(text, "---\n"))
		g := p.Graph()
		goals := append(append(g.Goals(ClusterAdmin), g.Goals(NamespaceAdmin)...), g.Goals(AllSecrets)...)
		for _, ns := range namespaces {
			for _, n := range names {
				s := Subject{"ServiceAccount", ns, n}
				far := walk(g, nodeOf(s))
				_, master := far[Node{Kind: ClusterAdmin}]
				for _, goal := range goals {
					want, ok := far[goal]
					if master && goal.Kind != ClusterAdmin {
						ok = false
					}
					path := g.Path(s, goal)
					if (path != nil) != ok || ok && len(path) != want {
						t.Fatalf("%v to %v: %d steps (%v), want %d, %v in\n%s", s, goal, len(path), path != nil, want, ok, strings.Join(text, "---\n"))
					}
					if ok {
						found++
					}
				}
			}
		}
	}
	if found < 200 {
		t.Errorf("only %d paths: the targets are too tame", found)
	}
}

// walk relaxes every edge until nothing changes: the least steps to each node.
func walk(g *Graph, from Node) map[Node]int {
	far := map[Node]int{from: 0}
	for changed := true; changed; {
		changed = false
		for _, e := range g.Edges() {
			if d, ok := far[e.From]; ok {
				if old, ok := far[e.To]; !ok || d+1 < old {
					far[e.To], changed = d+1, true
				}
			}
		}
	}
	return far
}
