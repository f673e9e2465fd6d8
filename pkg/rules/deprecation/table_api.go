package deprecation

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// retirement is the end of an API version: of all its kinds, or of those named.
// Numbers are minor versions of Kubernetes 1; removed is 0 where no release is
// fixed, as for custom resources.
type retirement struct {
	apiVersion string
	kinds      []string
	deprecated int
	removed    int
	successor  string
}

func (r retirement) fix() string {
	if r.successor == nothing {
		return "remove the object: " + nothing + " replaces it"
	}
	return "use " + r.successor
}

const nothing = "nothing"

// retirementOf finds the retirement of the object's kind and version.
func retirementOf(o *manifest.Object) (retirement, bool) {
	i := slices.IndexFunc(retirements, func(r retirement) bool {
		return r.apiVersion == o.Key.APIVersion && (len(r.kinds) == 0 || slices.Contains(r.kinds, o.Key.Kind))
	})
	if i < 0 {
		return retirement{}, false
	}
	return retirements[i], true
}

var (
	webhooks = []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
	routes   = []string{"Gateway", "GatewayClass", "HTTPRoute"}
)

// retirements, as of mid-2026.
// https://kubernetes.io/docs/reference/using-api/deprecation-guide/
var retirements = []retirement{
	{"extensions/v1beta1", []string{"Deployment", "DaemonSet", "ReplicaSet"}, 9, 16, "apps/v1"},
	{"extensions/v1beta1", []string{"NetworkPolicy"}, 9, 16, "networking.k8s.io/v1"},
	{"extensions/v1beta1", []string{"PodSecurityPolicy"}, 10, 16, nothing},
	{"extensions/v1beta1", []string{"Ingress"}, 14, 22, "networking.k8s.io/v1"},
	{"apps/v1beta1", nil, 9, 16, "apps/v1"},
	{"apps/v1beta2", nil, 9, 16, "apps/v1"},
	{"auditregistration.k8s.io/v1alpha1", nil, 18, 19, nothing},
	{"settings.k8s.io/v1alpha1", nil, 19, 20, nothing},
	{"batch/v2alpha1", nil, 19, 21, "batch/v1"},
	{"admissionregistration.k8s.io/v1beta1", webhooks, 16, 22, "admissionregistration.k8s.io/v1"},
	{"apiextensions.k8s.io/v1beta1", nil, 16, 22, "apiextensions.k8s.io/v1"},
	{"apiregistration.k8s.io/v1beta1", nil, 19, 22, "apiregistration.k8s.io/v1"},
	{"authentication.k8s.io/v1beta1", []string{"TokenReview"}, 19, 22, "authentication.k8s.io/v1"},
	{"authorization.k8s.io/v1beta1", nil, 19, 22, "authorization.k8s.io/v1"},
	{"certificates.k8s.io/v1beta1", []string{"CertificateSigningRequest"}, 19, 22, "certificates.k8s.io/v1"},
	{"coordination.k8s.io/v1beta1", []string{"Lease"}, 19, 22, "coordination.k8s.io/v1"},
	{"networking.k8s.io/v1beta1", []string{"Ingress", "IngressClass"}, 19, 22, "networking.k8s.io/v1"},
	{"rbac.authorization.k8s.io/v1alpha1", nil, 17, 22, "rbac.authorization.k8s.io/v1"},
	{"rbac.authorization.k8s.io/v1beta1", nil, 17, 22, "rbac.authorization.k8s.io/v1"},
	{"scheduling.k8s.io/v1alpha1", []string{"PriorityClass"}, 14, 22, "scheduling.k8s.io/v1"},
	{"scheduling.k8s.io/v1beta1", []string{"PriorityClass"}, 14, 22, "scheduling.k8s.io/v1"},
	{"storage.k8s.io/v1beta1", []string{"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"}, 19, 22, "storage.k8s.io/v1"},
	{"autoscaling/v2beta1", nil, 22, 25, "autoscaling/v2"},
	{"batch/v1beta1", nil, 21, 25, "batch/v1"},
	{"discovery.k8s.io/v1beta1", nil, 21, 25, "discovery.k8s.io/v1"},
	{"events.k8s.io/v1beta1", nil, 19, 25, "events.k8s.io/v1"},
	{"node.k8s.io/v1beta1", nil, 22, 25, "node.k8s.io/v1"},
	{"policy/v1beta1", []string{"PodDisruptionBudget"}, 21, 25, "policy/v1"},
	{"policy/v1beta1", []string{"PodSecurityPolicy"}, 21, 25, nothing},
	{"autoscaling/v2beta2", nil, 23, 26, "autoscaling/v2"},
	{"flowcontrol.apiserver.k8s.io/v1beta1", nil, 23, 26, "flowcontrol.apiserver.k8s.io/v1"},
	{"storage.k8s.io/v1beta1", []string{"CSIStorageCapacity"}, 24, 27, "storage.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta2", nil, 26, 29, "flowcontrol.apiserver.k8s.io/v1"},
	{"flowcontrol.apiserver.k8s.io/v1beta3", nil, 29, 32, "flowcontrol.apiserver.k8s.io/v1"},
	{"admissionregistration.k8s.io/v1beta1", []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}, 31, 34, "admissionregistration.k8s.io/v1"},
	{"v1", []string{"ComponentStatus"}, 19, 0, "the health endpoints of each component"},
	{"v1", []string{"Endpoints"}, 33, 0, "EndpointSlice of discovery.k8s.io/v1"},

	// Custom resources: their operators' releases, not the target's, drop them.
	{"certmanager.k8s.io/v1alpha1", nil, 0, 0, "cert-manager.io/v1"},
	{"cert-manager.io/v1alpha2", nil, 0, 0, "cert-manager.io/v1"},
	{"cert-manager.io/v1alpha3", nil, 0, 0, "cert-manager.io/v1"},
	{"cert-manager.io/v1beta1", nil, 0, 0, "cert-manager.io/v1"},
	{"authentication.istio.io/v1alpha1", nil, 0, 0, "security.istio.io/v1"},
	{"rbac.istio.io/v1alpha1", nil, 0, 0, "security.istio.io/v1"},
	{"helm.fluxcd.io/v1", nil, 0, 0, "helm.toolkit.fluxcd.io/v2"},
	{"helm.toolkit.fluxcd.io/v2beta1", nil, 0, 0, "helm.toolkit.fluxcd.io/v2"},
	{"helm.toolkit.fluxcd.io/v2beta2", nil, 0, 0, "helm.toolkit.fluxcd.io/v2"},
	{"kustomize.toolkit.fluxcd.io/v1beta1", nil, 0, 0, "kustomize.toolkit.fluxcd.io/v1"},
	{"kustomize.toolkit.fluxcd.io/v1beta2", nil, 0, 0, "kustomize.toolkit.fluxcd.io/v1"},
	{"source.toolkit.fluxcd.io/v1beta1", nil, 0, 0, "source.toolkit.fluxcd.io/v1"},
	{"source.toolkit.fluxcd.io/v1beta2", nil, 0, 0, "source.toolkit.fluxcd.io/v1"},
	{"gateway.networking.k8s.io/v1alpha2", append([]string{"GRPCRoute"}, routes...), 0, 0, "gateway.networking.k8s.io/v1"},
	{"gateway.networking.k8s.io/v1beta1", routes, 0, 0, "gateway.networking.k8s.io/v1"},
	{"external-secrets.io/v1alpha1", []string{"ExternalSecret", "SecretStore", "ClusterSecretStore"}, 0, 0, "external-secrets.io/v1"},
	{"external-secrets.io/v1beta1", nil, 0, 0, "external-secrets.io/v1"},
	{"snapshot.storage.k8s.io/v1alpha1", nil, 0, 0, "snapshot.storage.k8s.io/v1"},
	{"snapshot.storage.k8s.io/v1beta1", nil, 0, 0, "snapshot.storage.k8s.io/v1"},
	{"autoscaling.k8s.io/v1beta1", nil, 0, 0, "autoscaling.k8s.io/v1"},
	{"autoscaling.k8s.io/v1beta2", nil, 0, 0, "autoscaling.k8s.io/v1"},
	{"traefik.containo.us/v1alpha1", nil, 0, 0, "traefik.io/v1alpha1"},
}
