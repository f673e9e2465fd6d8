package image

// retired is a place that images are no longer published to.
type retired struct {
	prefix    string
	since     string // the date of the freeze or the move, as its owner gave it
	successor string
}

// retiredRegistries are those places, as of 2026-06-30. Sources: the Kubernetes
// blog on registry.k8s.io (2023-02-06) and on k8s.gcr.io's freeze (2023-03-10),
// and the projects' own release notes for the others. More special prefixes
// stand before more general ones.
var retiredRegistries = []retired{
	{"k8s.gcr.io", "2023-04-03", "registry.k8s.io"},
	{"us.gcr.io/k8s-artifacts-prod", "2023-04-03", "registry.k8s.io"},
	{"eu.gcr.io/k8s-artifacts-prod", "2023-04-03", "registry.k8s.io"},
	{"asia.gcr.io/k8s-artifacts-prod", "2023-04-03", "registry.k8s.io"},
	{"gcr.io/google-containers", "2020-07-24", "registry.k8s.io"},
	{"gcr.io/google_containers", "2020-07-24", "registry.k8s.io"},
	{"gcr.io/kubernetes-helm", "2020-11-13", "Helm 3, which has no server"},
	{"gcr.io/kubebuilder", "2025-03-18", "quay.io/brancz/kube-rbac-proxy, or controller-runtime's own metrics filter"},
	{"gcr.io/heptio-images", "2020-07-01", "docker.io/velero"},
	{"docker.io/openshift", "2019-06-01", "quay.io/openshift"},
	{"docker.io/jettech/kube-webhook-certgen", "2021-03-01", "registry.k8s.io/ingress-nginx/kube-webhook-certgen"},
	{"docker.io/jboss", "2022-02-11", "the project's own registry, quay.io/keycloak for Keycloak"},
	{"docker.pkg.github.com", "2025-02-24", "ghcr.io"},
	{"quay.io/kubernetes-ingress-controller", "2020-07-01", "registry.k8s.io/ingress-nginx"},
	{"quay.io/jetstack/kube-lego", "2018-10-01", "quay.io/jetstack/cert-manager-controller"},
	{"quay.io/coreos/flannel", "2021-11-01", "ghcr.io/flannel-io/flannel"},
	{"quay.io/coreos/kube-state-metrics", "2021-04-01", "registry.k8s.io/kube-state-metrics/kube-state-metrics"},
	{"quay.io/coreos/prometheus-operator", "2020-08-01", "quay.io/prometheus-operator/prometheus-operator"},
	{"quay.io/coreos/prometheus-config-reloader", "2020-08-01", "quay.io/prometheus-operator/prometheus-config-reloader"},
	{"quay.io/coreos/kube-rbac-proxy", "2020-08-01", "quay.io/brancz/kube-rbac-proxy"},
}
