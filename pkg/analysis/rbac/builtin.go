package rbac

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Builtin reports whether every cluster has a ClusterRole of the name.
func Builtin(name string) bool {
	_, ok := builtin[name]
	return ok || strings.HasPrefix(name, "system:")
}

// BuiltinRole reports whether every cluster has a Role of the name in the
// namespace.
func BuiltinRole(namespace, name string) bool {
	switch namespace {
	case "kube-system":
		return name == "extension-apiserver-authentication-reader" || strings.HasPrefix(name, "system:") || strings.HasPrefix(name, "kubeadm:")
	case "kube-public":
		return strings.HasPrefix(name, "system:") || strings.HasPrefix(name, "kubeadm:")
	}
	return false
}

// aggregation names the labels (aggregate-to-…) whose roles flow into a
// built-in role: view flows into edit, and edit into admin.
var aggregation = map[string][]string{
	"view":  {"view"},
	"edit":  {"view", "edit"},
	"admin": {"view", "edit", "admin"},
}

var (
	readVerbs  = []string{"get", "list", "watch"}
	writeVerbs = []string{"create", "delete", "deletecollection", "patch", "update"}
)

func allow(group string, verbs []string, resources ...string) manifest.RoleRule {
	return manifest.RoleRule{Groups: []string{group}, Resources: resources, Verbs: verbs}
}

// The user-facing roles of Kubernetes 1.34, from its bootstrap policy
// (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go), with the
// resources that matter to the rules.
var (
	viewRules = []manifest.RoleRule{
		allow("", readVerbs, "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods",
			"replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services", "services/status",
			"bindings", "events", "limitranges", "namespaces", "namespaces/status", "pods/log", "pods/status",
			"replicationcontrollers/status", "resourcequotas", "resourcequotas/status"),
		allow("discovery.k8s.io", readVerbs, "endpointslices"),
		allow("apps", readVerbs, "controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale",
			"deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status"),
		allow("autoscaling", readVerbs, "horizontalpodautoscalers", "horizontalpodautoscalers/status"),
		allow("batch", readVerbs, "cronjobs", "cronjobs/status", "jobs", "jobs/status"),
		allow("policy", readVerbs, "poddisruptionbudgets", "poddisruptionbudgets/status"),
		allow("networking.k8s.io", readVerbs, "ingresses", "ingresses/status", "networkpolicies"),
	}
	editRules = slices.Concat(viewRules, []manifest.RoleRule{
		allow("", readVerbs, "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"),
		allow("", []string{"impersonate"}, "serviceaccounts"),
		allow("", writeVerbs, "pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy",
			"configmaps", "events", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale",
			"secrets", "serviceaccounts", "services", "services/proxy"),
		allow("", []string{"create"}, "pods/eviction", "serviceaccounts/token"),
		allow("apps", writeVerbs, "daemonsets", "deployments", "deployments/rollback", "deployments/scale",
			"replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"),
		allow("autoscaling", writeVerbs, "horizontalpodautoscalers"),
		allow("batch", writeVerbs, "cronjobs", "jobs"),
		allow("policy", writeVerbs, "poddisruptionbudgets"),
		allow("networking.k8s.io", writeVerbs, "ingresses", "networkpolicies"),
		allow("coordination.k8s.io", slices.Concat(readVerbs, writeVerbs), "leases"),
	})
	builtin = map[string][]manifest.RoleRule{
		"cluster-admin": {
			{Groups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}},
			{URLs: []string{"*"}, Verbs: []string{"*"}},
		},
		"view": viewRules,
		"edit": editRules,
		"admin": slices.Concat(editRules, []manifest.RoleRule{
			allow("authorization.k8s.io", []string{"create"}, "localsubjectaccessreviews"),
			allow(manifest.RBACGroup, slices.Concat(readVerbs, writeVerbs), "roles", "rolebindings"),
		}),
	}
)
