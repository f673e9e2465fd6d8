package pod

// The node's paths below are written clean, with /run for /var/run.

// runtimeSockets give whoever writes to them every container of the node.
// Paths are the defaults of the runtimes and of K3s and MicroK8s, mid-2026.
var runtimeSockets = []string{
	"/run/docker.sock",
	"/run/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/podman/podman.sock",
	"/run/cri-dockerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
}

// sensitivePaths give the node away to whoever writes them, and its secrets to
// whoever reads them.
var sensitivePaths = []string{
	"/", "/boot", "/dev", "/etc", "/home", "/lib", "/proc", "/root", "/run", "/sys",
	"/usr", "/bin", "/sbin", "/var",
	"/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/var/lib/etcd", "/var/log",
}

// harmlessToRead are places in them that agents read and that hold no secret.
var harmlessToRead = []string{
	"/proc", "/sys", "/usr/share", "/lib/modules",
	"/etc/localtime", "/etc/timezone", "/etc/os-release", "/etc/machine-id",
	"/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/ca-certificates",
}

// cloudCredentials are where cloud images and the kubelet keep the node's
// identity.
var cloudCredentials = []string{
	"/etc/kubernetes/azure.json",
	"/etc/kubernetes/cloud-config",
	"/etc/kubernetes/kubelet.conf",
	"/etc/kubernetes/admin.conf",
	"/etc/eks",
	"/root/.aws",
	"/root/.azure",
	"/root/.config/gcloud",
	"/root/.kube",
	"/.aws",
	"/.azure",
	"/.config/gcloud",
	"/var/lib/waagent",
	"/var/lib/kubelet/kubeconfig",
	"/var/lib/kubelet/pki",
}

// systemAgents are the image names, as patterns of path.Match, of programs
// whose work is on the node.
func systemAgents() []string {
	return []string{
		"kube-proxy*", "calico-node", "cilium*", "flannel*", "aws-vpc-cni", "amazon-k8s-cni", "weave-kube", "antrea*",
		"node-exporter", "node-problem-detector", "node-cache", "k8s-dns-node-cache",
		"fluent-bit", "fluentd*", "filebeat", "promtail", "alloy", "vector", "datadog-agent",
		"csi-*", "*-csi-driver", "*-csi-plugin", "*-csi", "longhorn-*",
		"falco*", "tetragon", "gpu-feature-discovery", "k8s-device-plugin",
	}
}

// AgentParams are the parameters of rules that spare the agents of the node.
type AgentParams struct {
	// Agents are patterns of image names, without registry, folder and tag.
	Agents []string `yaml:"agents"`
}

func agentDefaults() any { return &AgentParams{Agents: systemAgents()} }
