package index

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// clusterScoped lists the built-in kinds, and those of common operators, that
// live in no namespace.
var clusterScoped = map[string][]string{
	"":                             {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
	"admissionregistration.k8s.io": {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"},
	"apiextensions.k8s.io":         {"CustomResourceDefinition"},
	"apiregistration.k8s.io":       {"APIService"},
	"certificates.k8s.io":          {"CertificateSigningRequest", "ClusterTrustBundle"},
	"flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
	"internal.apiserver.k8s.io":    {"StorageVersion"},
	"networking.k8s.io":            {"IngressClass", "IPAddress", "ServiceCIDR"},
	"node.k8s.io":                  {"RuntimeClass"},
	"policy":                       {"PodSecurityPolicy"},
	"rbac.authorization.k8s.io":    {"ClusterRole", "ClusterRoleBinding"},
	"resource.k8s.io":              {"DeviceClass", "ResourceSlice"},
	"scheduling.k8s.io":            {"PriorityClass"},
	"storage.k8s.io":               {"StorageClass", "VolumeAttachment", "CSIDriver", "CSINode", "VolumeAttributesClass"},
	"cert-manager.io":              {"ClusterIssuer"},
	"cilium.io":                    {"CiliumClusterwideNetworkPolicy", "CiliumNode", "CiliumLoadBalancerIPPool"},
	"crd.projectcalico.org":        {"GlobalNetworkPolicy", "GlobalNetworkSet", "IPPool", "FelixConfiguration", "HostEndpoint", "Tier"},
	"external-secrets.io":          {"ClusterSecretStore", "ClusterExternalSecret", "ClusterPushSecret"},
	"gateway.networking.k8s.io":    {"GatewayClass"},
	"kyverno.io":                   {"ClusterPolicy", "ClusterCleanupPolicy"},
	"operator.tigera.io":           {"Installation", "APIServer"},
	"policy.networking.k8s.io":     {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"},
	"projectcalico.org":            {"GlobalNetworkPolicy", "GlobalNetworkSet", "IPPool", "FelixConfiguration", "HostEndpoint", "Tier"},
}

// Namespaced reports whether the object lives in a namespace. A rendered
// CustomResourceDefinition decides for its kind; other unknown kinds do.
func (x *Index) Namespaced(o *manifest.Object) bool {
	for _, crd := range x.Kind("apiextensions.k8s.io", "CustomResourceDefinition") {
		if crd.At("spec", "group").Str() == o.Key.Group() && crd.At("spec", "names", "kind").Str() == o.Key.Kind {
			return crd.At("spec", "scope").Str() != "Cluster"
		}
	}
	return !slices.Contains(clusterScoped[o.Key.Group()], o.Key.Kind)
}
