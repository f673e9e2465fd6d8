package main

// stronger are the rules that report in a rule's place where they see the same
// fault: one fault is reported once.
var stronger = map[string][]string{
	"apiserver-authorization-without-node": {"apiserver-authorization-always-allow"},
	"apiserver-authorization-without-rbac": {"apiserver-authorization-always-allow"},
	"allow-privilege-escalation":           {"privileged-container", "dangerous-capability-added"},
	"capability-added":                     {"dangerous-capability-added"},
	"host-path-volume":                     {"host-path-writable", "sensitive-host-path-mounted", "container-runtime-socket-mounted"},
	"host-path-writable":                   {"sensitive-host-path-mounted", "container-runtime-socket-mounted"},
	"host-port-used":                       {"host-network-namespace"},
	"image-digest-missing":                 {"image-mutable-tag"},
	"low-user-id":                          {"run-as-non-root", "runs-as-root-user"},
	"pod-attach-allowed":                   {"wildcard-all-permissions", "wildcard-resources", "wildcard-verbs"},
	"pod-exec-allowed":                     {"wildcard-all-permissions", "wildcard-resources", "wildcard-verbs"},
	"restricted-capability-added":          {"capability-added", "dangerous-capability-added"},
	"run-as-non-root":                      {"runs-as-root-user"},
	"workload-without-ingress-policy":      {"namespace-without-default-deny"},
	"wildcard-resources":                   {"wildcard-all-permissions"},
	"wildcard-verbs":                       {"wildcard-all-permissions"},
}

// departure is where a tool's labels and the catalogue differ on purpose: on how
// many labels, and why. More than these are disagreements.
type departure struct {
	labels int
	why    string
}

// departures are by tool and check.
var departures = map[string]departure{
	"kube-linter dangling-servicemonitor":           {1, "a monitor without namespaceSelector looks in its own namespace alone"},
	"kube-linter no-rolling-update-strategy":        {1, "a strategy type that does not exist is the schema's business, and Recreate is a fault where a Service sends traffic"},
	"kube-linter pdb-max-unavailable":               {1, "the label speaks of a file that holds a budget with maxUnavailable 0 too"},
	"kube-linter pdb-min-available":                 {1, "its Deployment has no template, so that the budget selects no pod"},
	"kube-linter pdb-unhealthy-pod-eviction-policy": {1, "IfHealthyBudget is what an absent policy means"},
	"kube-score ingress-targets-service":            {1, "its backend has fields of another version, which the API server drops"},
	"kube-score pod-probes":                         {1, "each container that runs on needs a liveness probe of its own"},
	"polaris hpaMinAvailability":                    {1, "an absent minReplicas means one"},
	"polaris missingNetworkPolicy":                  {2, "a policy without rules for a direction that it lists isolates the pod in that direction"},
	"polaris sensitiveContainerEnvVar":              {1, "the key of the example has three dashes where every key has five"},
	"polaris tlsSettingsMissing":                    {1, "a rule without host serves every host, and the TLS entry covers one"},
	"trivy-checks KCV-0022":                         {2, "the least size is 100, as CIS has it"},
	"trivy-checks KCV-0038":                         {1, "the gate is true by default"},
	"trivy-checks KCV-0093":                         {2, "auth-tls-match-cn is a regular expression, in which | is meant"},
	"trivy-checks KSV-0030":                         {1, "the annotations have no effect since Kubernetes 1.27"},
	"trivy-checks KSV-0038":                         {1, "its policy has no podSelector, which the schema wants, and allows nothing"},
	"trivy-checks KSV-0041":                         {1, "impersonate means nothing on secrets"},
	"trivy-checks KSV-0045":                         {1, "every verb is too many on an unknown resource too"},
	"trivy-checks KSV-0049":                         {1, "impersonate means nothing on configmaps"},
	"trivy-checks KSV-0050":                         {2, "writing bindings is rbac-objects-writable, and impersonate means nothing on roles"},
	"trivy-checks KSV-0056":                         {1, "impersonate means nothing on these kinds"},
	"trivy-checks KSV-01011":                        {1, "the group is as wide on other platforms than GKE"},
	"trivy-checks KSV-0102":                         {1, "the label app: helm alone does not show Tiller"},
	"trivy-checks KSV-0104":                         {1, "the annotations have no effect since Kubernetes 1.27"},
	"trivy-checks KSV-0107":                         {1, "its table of versions is the test's own"},
	"trivy-checks KSV-0113":                         {1, "impersonate means nothing on secrets"},
	"trivy-checks KSV-0114":                         {1, "impersonate means nothing on webhook configurations"},
	"trivy-checks KSV-0115":                         {1, "impersonate means nothing on configmaps"},
}
