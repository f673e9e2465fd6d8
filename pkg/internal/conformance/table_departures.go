package main

// stronger are the rules that report in a rule's place where they see the same
// fault: one fault is reported once.
var stronger = map[string][]string{
	"allow-privilege-escalation":  {"privileged-container", "dangerous-capability-added"},
	"capability-added":            {"dangerous-capability-added"},
	"host-path-volume":            {"host-path-writable", "sensitive-host-path-mounted", "container-runtime-socket-mounted"},
	"host-path-writable":          {"sensitive-host-path-mounted", "container-runtime-socket-mounted"},
	"host-port-used":              {"host-network-namespace"},
	"image-digest-missing":        {"image-mutable-tag"},
	"low-user-id":                 {"run-as-non-root", "runs-as-root-user"},
	"pod-attach-allowed":          {"wildcard-all-permissions", "wildcard-resources", "wildcard-verbs"},
	"pod-exec-allowed":            {"wildcard-all-permissions", "wildcard-resources", "wildcard-verbs"},
	"restricted-capability-added": {"capability-added", "dangerous-capability-added"},
	"run-as-non-root":             {"runs-as-root-user"},
	"wildcard-resources":          {"wildcard-all-permissions"},
	"wildcard-verbs":              {"wildcard-all-permissions"},
}

// departure is where a tool's labels and the catalogue differ on purpose: on how
// many labels, and why. More than these are disagreements.
type departure struct {
	labels int
	why    string
}

// departures are by tool and check.
var departures = map[string]departure{
	"kube-linter access-to-secrets":              {2, "an account that reads its own namespace's Secrets does not read all of them"},
	"kube-linter drop-net-raw-capability":        {2, "capabilities that are not dropped at all fail here, since the runtime's default set holds NET_RAW"},
	"kube-linter priority-class-name":            {7, "its default list accepts the system's classes, which this rule is about"},
	"kube-linter scc-deny-privileged-container":  {1, "it looks at one field; RunAsAny and host folders fail here too"},
	"kube-linter wildcard-in-rules":              {1, "every verb on one resource is wildcard-verbs, not cluster-admin"},
	"polaris clusterrolebindingClusterAdmin":     {4, "a list of single verbs is no wildcard, and no name of a binding exempts it"},
	"polaris missingNetworkPolicy":               {3, "a policy without rules for a direction that it lists isolates the pod in that direction"},
	"polaris pullPolicyNotAlways":                {2, "an absent policy means Always for an image without tag"},
	"polaris rolebindingClusterAdminClusterRole": {4, "a list of single verbs is no wildcard, and no name of a binding exempts it"},
	"polaris rolebindingClusterAdminRole":        {4, "a list of single verbs is no wildcard, and no name of a binding exempts it"},
	"polaris sensitiveContainerEnvVar":           {1, "the key of the example has three dashes where every key has five"},
	"polaris tlsSettingsMissing":                 {1, "a rule without host serves every host, and the TLS entry covers one"},
	"trivy-checks KSV-0006":                      {2, "a volume that no container mounts gives nothing away"},
	"trivy-checks KSV-0022":                      {2, "the restricted standard allows NET_BIND_SERVICE"},
	"trivy-checks KSV-0030":                      {1, "the annotations have no effect since Kubernetes 1.27"},
	"trivy-checks KSV-0036":                      {1, "an absent automountServiceAccountToken means true"},
	"trivy-checks KSV-0046":                      {6, "one verb on everything is wildcard-resources, not cluster-admin"},
	"trivy-checks KSV-0102":                      {3, "names of workloads and the label app: helm alone do not show Tiller"},
	"trivy-checks KSV-0104":                      {1, "an absent profile is seccomp-profile-unset"},
	"trivy-checks KSV-0110":                      {1, "manifests leave the namespace out on purpose: who applies them gives it"},
	"trivy-checks KSV-0111":                      {3, "admin and edit are narrower than cluster-admin, and a Role of that name is another role"},
	"trivy-checks KSV-0112":                      {6, "one verb on everything is wildcard-resources, not cluster-admin"},
	"trivy-checks KSV-0118":                      {2, "a securityContext of the container is one"},
	"trivy-checks KSV-0119":                      {1, "it looks at NET_RAW alone, and the equal rule at every added capability"},
}
