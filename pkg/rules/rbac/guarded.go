package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

var (
	readVerbs   = []string{"get", "list", "watch"}
	writeVerbs  = []string{"create", "update", "patch", "delete", "deletecollection"}
	makeVerbs   = []string{"create", "update", "patch"}
	changeVerbs = []string{"update", "patch"}
	deleteVerbs = []string{"delete", "deletecollection"}
	// A websocket connection asks for get, an older one for create.
	connectVerbs = []string{"create", "get"}
)

// resources are some of an API group's. "userextras/*" stands for every
// subresource.
type resources struct {
	group string
	names []string
}

func in(group string, names ...string) []resources { return []resources{{group, names}} }

func core(names ...string) []resources { return in("", names...) }

// What the rules guard.
var (
	secrets     = core("secrets")
	configMaps  = core("configmaps")
	execs       = core("pods/exec")
	attaches    = core("pods/attach")
	ephemerals  = core("pods/ephemeralcontainers")
	tunnels     = core("pods/portforward", "pods/proxy", "services/proxy")
	nodeProxies = core("nodes/proxy")
	statuses    = core("nodes", "nodes/status", "pods/status")
	tokens      = core("serviceaccounts/token")
	volumes     = core("persistentvolumes")
	accounts    = core("serviceaccounts")
	roleKinds   = in(manifest.RBACGroup, "roles", "clusterroles")
	rbacKinds   = in(manifest.RBACGroup, "roles", "clusterroles", "rolebindings", "clusterrolebindings")
	approvals   = in("certificates.k8s.io", "certificatesigningrequests/approval")
	signers     = in("certificates.k8s.io", "signers")
	persons     = slices.Concat(core("users", "groups"), in("authentication.k8s.io", "userextras/*", "userextras", "uids"))
	identities  = slices.Concat(accounts, persons)
	traces      = slices.Concat(core("events", "pods/log"), in("events.k8s.io", "events"))

	serviceStatuses = core("services/status")
	admission       = in("admissionregistration.k8s.io",
		"validatingwebhookconfigurations", "mutatingwebhookconfigurations",
		"validatingadmissionpolicies", "validatingadmissionpolicybindings",
		"mutatingadmissionpolicies", "mutatingadmissionpolicybindings")

	// workloads are the kinds that make pods.
	workloads = slices.Concat(
		core("pods", "podtemplates", "replicationcontrollers"),
		in("apps", "deployments", "daemonsets", "statefulsets", "replicasets"),
		in("batch", "jobs", "cronjobs"))
	destroyable = slices.Concat(workloads, core("secrets", "persistentvolumeclaims", "persistentvolumes", "namespaces", "nodes"))

	networkObjects = slices.Concat(
		core("services", "endpoints"),
		in("discovery.k8s.io", "endpointslices"),
		in("networking.k8s.io", "networkpolicies", "ingresses"),
		in("extensions", "networkpolicies", "ingresses"),
		in("policy.networking.k8s.io", "adminnetworkpolicies", "baselineadminnetworkpolicies", "clusternetworkpolicies"),
		in("gateway.networking.k8s.io", "gateways", "httproutes", "grpcroutes", "tlsroutes", "tcproutes", "udproutes"),
		in("projectcalico.org", "networkpolicies", "globalnetworkpolicies"),
		in("crd.projectcalico.org", "networkpolicies", "globalnetworkpolicies"),
		in("cilium.io", "ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies"))

	guarded = slices.Concat(secrets, configMaps, execs, attaches, ephemerals, tunnels, nodeProxies, statuses, tokens, volumes,
		rbacKinds, approvals, signers, identities, traces, serviceStatuses, admission, destroyable, networkObjects)
)

// power is what makes a role strong: whoever has one of these rights gets
// others, or the cluster's secrets.
var power = []struct {
	verbs []string
	on    []resources
}{
	{readVerbs, secrets},
	{makeVerbs, workloads},
	{connectVerbs, slices.Concat(execs, nodeProxies)},
	{[]string{"impersonate"}, identities},
	{[]string{"escalate", "bind"}, roleKinds},
	{changeVerbs, approvals},
	{makeVerbs, admission},
	{[]string{"create"}, tokens},
}

// strong reports whether a role with the rules leads to more rights.
func strong(rules []manifest.RoleRule) bool {
	for _, r := range rules {
		for _, w := range power {
			for _, v := range w.verbs {
				for _, on := range w.on {
					if slices.ContainsFunc(on.names, func(name string) bool { return r.Allows(v, on.group, name) }) {
						return true
					}
				}
			}
		}
	}
	return false
}
