package manifest

import "strings"

// kindGroups are the API groups of Kubernetes' own kinds. "extensions" is where
// many of them lived first.
var kindGroups = map[string][]string{
	"": {"Pod", "Service", "ConfigMap", "Secret", "ServiceAccount", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim",
		"PodTemplate", "ReplicationController", "LimitRange", "ResourceQuota", "Endpoints"},
	"apps":                         {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ControllerRevision"},
	"batch":                        {"Job", "CronJob"},
	"autoscaling":                  {"HorizontalPodAutoscaler"},
	"policy":                       {"PodDisruptionBudget", "PodSecurityPolicy"},
	"networking.k8s.io":            {"Ingress", "IngressClass", "NetworkPolicy"},
	RBACGroup:                      {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"},
	"storage.k8s.io":               {"StorageClass", "CSIDriver", "VolumeAttachment"},
	"scheduling.k8s.io":            {"PriorityClass"},
	"admissionregistration.k8s.io": {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"},
	"extensions":                   {},
}

// groupKind is a kind in its API group.
type groupKind struct{ group, kind string }

// kindsFolded are Kubernetes' own kinds by their names in lower case.
var kindsFolded = func() map[string]groupKind {
	out := map[string]groupKind{}
	for group, kinds := range kindGroups {
		for _, k := range kinds {
			out[strings.ToLower(k)] = groupKind{group, k}
		}
	}
	return out
}()

// meant is the kind that group and kind as written mean: one of Kubernetes'
// own that stands in another of its groups, or in the wrong case, is taken for
// itself. An API server knows none of these but the old homes in "extensions",
// and the schema rules say so; what else is wrong with the object is the same.
func meant(group, kind string) groupKind {
	if _, own := kindGroups[group]; own {
		if gk, ok := kindsFolded[strings.ToLower(kind)]; ok {
			return gk
		}
	}
	return groupKind{group, kind}
}
