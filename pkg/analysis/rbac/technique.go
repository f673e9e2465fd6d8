package rbac

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// right is something that a rule may allow: one of the verbs on one of the
// resources.
type right struct {
	verbs     []string
	group     string
	resources []string
	// objects, if not empty, are the names that count as all: signers.
	objects []string
}

// mask is a set of rights, a bit each.
type mask uint64

// The rights that techniques are made of.
const (
	everything mask = 1 << iota
	runPods
	editWorkloads
	editPods
	execPods
	attachContainers
	mintTokens
	actAsAccounts
	actAsUsers
	actAsGroups
	readSecrets
	makeSecrets
	bindClusterRoles
	bindRoles
	writeBindings
	writeClusterBindings
	escalateClusterRoles
	escalateRoles
	editClusterRoles
	editRoles
	proxyNodes
	requestCertificates
	approveCertificates
	signClients
	signKubelets
	mutateRequests
	seeRequests
	writePolicies
	bindPolicies
	makeRoles
)

var change = []string{"update", "patch"}

// rights says what each bit takes. Sources: Kubernetes' "RBAC good practices"
// and the checks in its registry and admission code.
var rights = map[mask]right{
	everything:    {verbs: []string{"*"}, group: "*", resources: []string{"*"}},
	runPods:       {verbs: []string{"create"}, resources: []string{"pods", "replicationcontrollers"}},
	editWorkloads: {verbs: change, resources: []string{"replicationcontrollers"}},
	// An image of a running pod may be changed, its account may not.
	editPods:         {verbs: change, resources: []string{"pods"}},
	execPods:         {verbs: []string{"create", "get"}, resources: []string{"pods/exec", "pods/attach"}},
	attachContainers: {verbs: change, resources: []string{"pods/ephemeralcontainers"}},
	mintTokens:       {verbs: []string{"create"}, resources: []string{"serviceaccounts/token"}},
	actAsAccounts:    {verbs: []string{"impersonate"}, resources: []string{"serviceaccounts"}},
	actAsUsers:       {verbs: []string{"impersonate"}, resources: []string{"users"}},
	actAsGroups:      {verbs: []string{"impersonate"}, resources: []string{"groups"}},
	readSecrets:      {verbs: []string{"get", "list", "watch"}, resources: []string{"secrets"}},
	makeSecrets:      {verbs: []string{"create"}, resources: []string{"secrets"}},

	bindClusterRoles:     {verbs: []string{"bind"}, group: manifest.RBACGroup, resources: []string{"clusterroles"}},
	bindRoles:            {verbs: []string{"bind"}, group: manifest.RBACGroup, resources: []string{"roles"}},
	writeBindings:        {verbs: []string{"create", "update", "patch"}, group: manifest.RBACGroup, resources: []string{"rolebindings"}},
	writeClusterBindings: {verbs: []string{"create", "update", "patch"}, group: manifest.RBACGroup, resources: []string{"clusterrolebindings"}},
	escalateClusterRoles: {verbs: []string{"escalate"}, group: manifest.RBACGroup, resources: []string{"clusterroles"}},
	escalateRoles:        {verbs: []string{"escalate"}, group: manifest.RBACGroup, resources: []string{"roles"}},
	editClusterRoles:     {verbs: change, group: manifest.RBACGroup, resources: []string{"clusterroles"}},
	editRoles:            {verbs: change, group: manifest.RBACGroup, resources: []string{"roles"}},
	makeRoles:            {verbs: []string{"create"}, group: manifest.RBACGroup, resources: []string{"roles"}},

	proxyNodes:          {verbs: []string{"create", "get"}, resources: []string{"nodes/proxy"}},
	requestCertificates: {verbs: []string{"create"}, group: "certificates.k8s.io", resources: []string{"certificatesigningrequests"}},
	approveCertificates: {verbs: change, group: "certificates.k8s.io", resources: []string{"certificatesigningrequests/approval"}},
	signClients: {verbs: []string{"approve"}, group: "certificates.k8s.io", resources: []string{"signers"},
		objects: []string{"kubernetes.io/kube-apiserver-client", "kubernetes.io/*"}},
	signKubelets: {verbs: []string{"approve"}, group: "certificates.k8s.io", resources: []string{"signers"},
		objects: []string{"kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/*"}},

	mutateRequests: {verbs: []string{"create", "update", "patch"}, group: "admissionregistration.k8s.io", resources: []string{"mutatingwebhookconfigurations"}},
	seeRequests:    {verbs: []string{"create", "update", "patch"}, group: "admissionregistration.k8s.io", resources: []string{"validatingwebhookconfigurations"}},
	writePolicies:  {verbs: []string{"create", "update", "patch"}, group: "admissionregistration.k8s.io", resources: []string{"mutatingadmissionpolicies"}},
	bindPolicies:   {verbs: []string{"create", "update", "patch"}, group: "admissionregistration.k8s.io", resources: []string{"mutatingadmissionpolicybindings"}},
}

// workloads are further kinds that make pods, and may name any account of
// their namespace.
var workloads = map[mask][]right{
	runPods: {
		{verbs: []string{"create"}, group: "apps", resources: []string{"deployments", "daemonsets", "statefulsets", "replicasets"}},
		{verbs: []string{"create"}, group: "batch", resources: []string{"jobs", "cronjobs"}},
	},
	editWorkloads: {
		{verbs: change, group: "apps", resources: []string{"deployments", "daemonsets", "statefulsets", "replicasets"}},
		{verbs: change, group: "batch", resources: []string{"cronjobs"}},
	},
}

// ruleRights are the rights of one rule: those on all objects, and those on
// the ones that it names.
type ruleRights struct {
	rule       *manifest.RoleRule
	all, named mask
}

// weigh works out the rights of the role's rules, and keeps those with any.
func (r *Role) weigh() {
	r.rights = nil
	for i := range r.Rules {
		rr := ruleRights{rule: &r.Rules[i]}
		for bit := range rights {
			if word, named := words(rr.rule, bit); word != "" {
				if named {
					rr.named |= bit
				} else {
					rr.all |= bit
				}
			}
		}
		if rr.all|rr.named != 0 {
			r.rights = append(r.rights, rr)
		}
	}
}

// words says how the rule gives the right, "create pods/exec", and whether
// only on objects that it names; "" if it does not. A new object has no name
// yet, so that a named rule never allows to create one.
func words(r *manifest.RoleRule, bit mask) (word string, named bool) {
	first := rights[bit]
	for _, rt := range append([]right{first}, workloads[bit]...) {
		named = len(r.Names) > 0
		if named && len(rt.objects) > 0 {
			if !slices.ContainsFunc(r.Names, func(n string) bool { return slices.Contains(rt.objects, n) }) {
				continue
			}
			named = false
		}
		for _, verb := range rt.verbs {
			for _, resource := range rt.resources {
				if named && (verb == "create" || bit == everything) && !strings.Contains(resource, "/") {
					continue
				}
				if r.Allows(verb, rt.group, resource) {
					if bit == everything {
						return "everything", named
					}
					return verb + " " + resource, named
				}
			}
		}
	}
	return "", false
}

// technique is a way to become somebody else, or to get at a goal.
type technique struct {
	name string
	// all are the rights that it takes, one of each set, in one scope. Where
	// the first is held on named objects only, it reaches those alone.
	all []mask
	// cluster says that the rights count only where they hold everywhere, as
	// what they are about is in no namespace.
	cluster bool
	// within says that the rights count in this namespace only.
	within string
	reach  func(*builder, claim) []Node
}

// claim is a technique that a subject may use.
type claim struct {
	*technique
	scope string   // the namespace, "" for the whole cluster
	names []string // the objects, none for all
	held  []*Held  // all that the subject holds
}

func accounts(b *builder, c claim) []Node {
	if len(c.names) == 0 {
		return []Node{{Kind: Accounts, Namespace: c.scope}}
	}
	return b.named(c.scope, c.names)
}

// everyAccount is for rights on workloads, whose names do not limit whom they
// run as.
func everyAccount(_ *builder, c claim) []Node { return []Node{{Kind: Accounts, Namespace: c.scope}} }

func running(b *builder, c claim) []Node {
	if len(c.names) == 0 {
		return []Node{{Kind: Running, Namespace: c.scope}}
	}
	return b.runningNamed(c.scope, c.names)
}

func everyRunning(*builder, claim) []Node { return []Node{{Kind: Running}} }

func clusterAdmin(*builder, claim) []Node { return []Node{{Kind: ClusterAdmin}} }

func allSecrets(*builder, claim) []Node { return []Node{{Kind: AllSecrets}} }

// admin is the goal of a scope.
func admin(_ *builder, c claim) []Node { return []Node{adminOf(c.scope)} }

func adminOf(scope string) Node {
	if scope == "" {
		return Node{Kind: ClusterAdmin}
	}
	return Node{Kind: NamespaceAdmin, Namespace: scope}
}

// techniques are tried on every subject, in this order; of equally short paths
// the first is shown. What is left out on purpose: writing roles or bindings
// without escalate or bind, as the API server lets nobody give what he does not
// hold; nodes and their status, persistent volumes, API services and pod
// security labels, which need more than permissions to be of use.
var techniques = []technique{
	{name: "may do everything", all: []mask{everything}, reach: admin},
	{name: "writes roles and bindings, pods and Secrets", all: []mask{writeBindings, makeRoles, runPods, readSecrets}, reach: func(_ *builder, c claim) []Node {
		if c.scope == "" || len(c.names) > 0 { // everywhere it holds whatever an account does: others say so
			return nil
		}
		return []Node{adminOf(c.scope)}
	}},
	{name: "binds any role to itself", all: []mask{bindClusterRoles, writeClusterBindings}, cluster: true, reach: func(_ *builder, c claim) []Node {
		return bound(c, "ClusterRole", Node{Kind: ClusterAdmin})
	}},
	{name: "binds any role to itself", all: []mask{bindClusterRoles, writeBindings}, reach: func(b *builder, c claim) []Node {
		if c.scope == "" { // in any namespace, and in one the controllers of the cluster live
			c.scope = "kube-system"
		}
		return bound(c, "ClusterRole", adminOf(c.scope))
	}},
	{name: "binds a role to itself", all: []mask{bindRoles, writeBindings}, reach: bindRendered},
	{name: "rewrites a role that it holds", all: []mask{editClusterRoles, escalateClusterRoles}, cluster: true, reach: rewrite("ClusterRole")},
	{name: "rewrites a role that it holds", all: []mask{editRoles, escalateRoles}, reach: rewrite("Role")},
	{name: "poses as any group", all: []mask{actAsGroups, actAsUsers | actAsAccounts}, cluster: true, reach: func(_ *builder, c claim) []Node {
		return posed(c, "Group")
	}},
	{name: "poses as any user", all: []mask{actAsUsers}, cluster: true, reach: func(_ *builder, c claim) []Node {
		return posed(c, "User")
	}},
	{name: "runs commands in every pod through the kubelets", all: []mask{proxyNodes}, cluster: true, reach: clusterAdmin},
	{name: "signs itself a client certificate", all: []mask{requestCertificates, approveCertificates, signClients}, cluster: true, reach: func(*builder, claim) []Node {
		return []Node{{Kind: ClusterAdmin}} // a name for it: system:kube-controller-manager
	}},
	{name: "signs itself a kubelet's certificate", all: []mask{requestCertificates, approveCertificates, signKubelets}, cluster: true, reach: everyRunning},
	{name: "rewrites what others write, by webhook", all: []mask{mutateRequests}, cluster: true, reach: clusterAdmin},
	{name: "rewrites what others write, by policy", all: []mask{writePolicies, bindPolicies}, cluster: true, reach: clusterAdmin},
	{name: "reads every Secret that others write, by webhook", all: []mask{seeRequests}, cluster: true, reach: allSecrets},
	{name: "reads every Secret", all: []mask{readSecrets}, cluster: true, reach: func(_ *builder, c claim) []Node {
		if len(c.names) > 0 {
			return nil
		}
		return []Node{{Kind: AllSecrets}}
	}},
	{name: "mints a token", all: []mask{mintTokens}, reach: accounts},
	{name: "poses as a service account", all: []mask{actAsAccounts}, reach: accounts},
	{name: "runs a pod under another account", all: []mask{runPods | editWorkloads}, reach: everyAccount},
	{name: "runs commands in a pod", all: []mask{execPods | attachContainers}, reach: running},
	{name: "changes the image of a pod", all: []mask{editPods}, reach: running},
	{name: "reads a token Secret", all: []mask{readSecrets}, reach: func(b *builder, c claim) []Node {
		if len(c.names) == 0 {
			return []Node{{Kind: Tokens, Namespace: c.scope}}
		}
		return b.tokens(c.scope, c.names)
	}},
	{name: "has a token Secret made", all: []mask{readSecrets, makeSecrets}, reach: func(b *builder, c claim) []Node {
		if len(c.names) > 0 { // those are there already, and cannot be created
			return nil
		}
		return everyAccount(b, c)
	}},
	{name: "adds a bootstrap token, where these are accepted, and poses as a node", all: []mask{makeSecrets}, within: "kube-system", reach: everyRunning},
}

// bound are what binding gives: all, or the named roles in the claim's scope.
func bound(c claim, kind string, all Node) []Node {
	if len(c.names) == 0 {
		return []Node{all}
	}
	var out []Node
	for _, n := range c.names {
		out = append(out, Node{Kind: HeldRole, Namespace: c.scope, Name: kind + "/" + n})
	}
	return out
}

// bindRendered reaches the Roles of the scope's namespaces.
func bindRendered(b *builder, c claim) []Node {
	var out []Node
	for _, o := range b.x.Kind(manifest.RBACGroup, "Role") {
		ns := b.x.Namespace(o)
		if (c.scope == "" || c.scope == ns) && (len(c.names) == 0 || slices.Contains(c.names, o.Key.Name)) {
			out = append(out, Node{Kind: HeldRole, Namespace: ns, Name: "Role/" + o.Key.Name})
		}
	}
	return out
}

// rewrite reaches all power wherever the subject holds a role that it may
// write anything into.
func rewrite(kind string) func(*builder, claim) []Node {
	return func(_ *builder, c claim) []Node {
		var out []Node
		for _, h := range c.held {
			if n := adminOf(h.Namespace); h.Role.Kind == kind && (c.scope == "" || c.scope == h.Namespace) &&
				(len(c.names) == 0 || slices.Contains(c.names, h.Role.Name)) && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
		return out
	}
}

// posed are the users or groups that impersonation reaches.
func posed(c claim, kind string) []Node {
	if len(c.names) == 0 {
		return []Node{{Kind: ClusterAdmin}} // system:masters, system:kube-controller-manager
	}
	var out []Node
	for _, n := range c.names {
		out = append(out, Node{Kind: NodeKind(kind), Name: n})
	}
	return out
}
