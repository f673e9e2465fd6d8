package controlplane

import (
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// These are the flags that switch admission plugins.
var (
	enabled  = flag("enable-admission-plugins", "")
	disabled = flag("disable-admission-plugins", "")
	modes    = flag("authorization-mode", "AlwaysAllow")
)

// gonePlugins are the admission plugins that no server of today knows, with
// the minor version of Kubernetes 1 that dropped them.
var gonePlugins = map[string]int{
	"PodSecurityPolicy": 25, "SecurityContextDeny": 30, "Initializers": 16, "DenyEscalatingExec": 21,
	"DenyExecOnPrivileged": 21, "PersistentVolumeLabel": 31, "PodPreset": 20, "InitialResources": 11,
}

// obsoletePlugin finds a plugin that the target's version has not.
func obsoletePlugin(s settings) (setting, string) {
	v := s.flags["enable-admission-plugins"]
	for _, name := range strings.Split(v.text, ",") {
		if since, gone := gonePlugins[name]; gone && !s.index.Version().Before(since, 0) {
			return v, "enables the admission plugin " + name + ", which is gone"
		}
	}
	return setting{}, ""
}

// insecurePort is open by default before 1.20.
func insecurePort(s settings) (setting, string) {
	if def := "8080"; s.index.Version().Before(20, 0) {
		return flag("insecure-port", def).is(zero)(s)
	}
	return flag("insecure-port", "0").is(zero)(s)
}

func audited(s settings) bool {
	return s.flags["audit-log-path"].text != "" || s.flags["audit-webhook-config-file"].text != ""
}

// logged passes where a webhook alone takes the audit log.
func logged(t test) test {
	return func(s settings) (setting, string) {
		if audited(s) && s.flags["audit-log-path"].text == "" {
			return setting{}, ""
		}
		return t(s)
	}
}

// auditPolicy wants a policy where anything is logged.
func auditPolicy(s settings) (setting, string) {
	if !audited(s) {
		return setting{}, ""
	}
	return flag("audit-policy-file", "").is(given)(s)
}

// imageWebhook passes where a policy engine that verifies images is rendered.
func imageWebhook(s settings) (setting, string) {
	for _, o := range s.index.Objects {
		switch {
		case o.Is("policy.sigstore.dev", "ClusterImagePolicy"), o.Is("policies.kyverno.io", "ImageValidatingPolicy"):
			return setting{}, ""
		case o.Is("kyverno.io", "ClusterPolicy", "Policy"):
			for r := range o.At("spec", "rules").Items() {
				if r.At("verifyImages").Len() > 0 {
					return setting{}, ""
				}
			}
		}
	}
	return all(enabled.is(holds("ImagePolicyWebhook")), set("admission-control-config-file"))(s)
}

func kmsV1(s settings) (setting, string) {
	return flag("feature-gates", "").is(lacks("KMSv1=true"))(s)
}

var ciphers = param{"tls-cipher-suites", "tlsCipherSuites", "", ""}
var minVersion = param{"tls-min-version", "tlsMinVersion", "", ""}

var apiServerRows = []row{
	{"apiserver-anonymous-auth", result.Medium, "API server answers anonymous requests", "requests without credentials are let in as system:anonymous, and one careless binding gives them rights", "set --anonymous-auth=false, or limit it to health paths by --authentication-config", apiServer, unless("authentication-config", flag("anonymous-auth", "true").is(isFalse))},
	{"apiserver-basic-auth-file", result.High, "API server takes passwords from a file", "passwords in clear open the cluster and only a restart changes them", "remove --basic-auth-file", apiServer, flag("basic-auth-file", "").is(notGiven)},
	{"apiserver-token-auth-file", result.High, "API server takes static tokens from a file", "tokens in clear open the cluster, never end and only a restart changes them", "remove --token-auth-file", apiServer, flag("token-auth-file", "").is(notGiven)},
	{"apiserver-deny-external-ips", result.Low, "External IPs of Services are not denied", "whoever may create a Service can draw traffic for any address to itself (CVE-2020-8554)", "add DenyServiceExternalIPs to --enable-admission-plugins", apiServer, enabled.is(holds("DenyServiceExternalIPs"))},
	{"apiserver-kubelet-https-off", result.High, "API server talks to kubelets in clear", "exec sessions, logs and credentials cross the network in clear", "remove --kubelet-https", apiServer, flag("kubelet-https", "true").is(notFalse)},
	{"apiserver-kubelet-client-cert", result.Medium, "API server has no client certificate for kubelets", "it calls kubelets anonymously, so they must answer anybody", "set --kubelet-client-certificate and --kubelet-client-key", apiServer, set("kubelet-client-certificate", "kubelet-client-key")},
	{"apiserver-kubelet-ca", result.Medium, "API server does not verify kubelets", "whoever stands between it and a node can read exec sessions and logs", "set --kubelet-certificate-authority", apiServer, set("kubelet-certificate-authority")},
	{"apiserver-authorization-always-allow", result.Critical, "API server allows everything", "every request that comes in may do everything", "set --authorization-mode=Node,RBAC", apiServer, unless("authorization-config", modes.is(lacks("AlwaysAllow")))},
	{"apiserver-authorization-without-node", result.Medium, "Node authorizer is off", "kubelets need broad rights, so one node's credentials read what belongs to others", "add Node to --authorization-mode", apiServer, when("authorization-mode", modes.is(holds("Node")))},
	{"apiserver-authorization-without-rbac", result.High, "RBAC is off", "roles and bindings in the manifests mean nothing", "add RBAC to --authorization-mode", apiServer, when("authorization-mode", modes.is(holds("RBAC")))},
	{"apiserver-event-rate-limit", result.Low, "Events are not limited", "a workload that fails in a loop can fill etcd with events", "add EventRateLimit to --enable-admission-plugins, with its limits in --admission-control-config-file", apiServer, enabled.is(holds("EventRateLimit"))},
	{"apiserver-always-admit", result.High, "Admission plugin AlwaysAdmit is on", "it stands for no admission control at all", "remove AlwaysAdmit from --enable-admission-plugins", apiServer, enabled.is(lacks("AlwaysAdmit"))},
	{"apiserver-always-pull-images", result.Low, "Images on a node serve any tenant", "a pod can run a private image that another tenant's pod pulled to the node", "add AlwaysPullImages to --enable-admission-plugins", apiServer, enabled.is(holds("AlwaysPullImages"))},
	{"apiserver-obsolete-admission-plugin", result.Low, "Admission plugin no longer exists", "the server does not start with it, and what it should enforce needs Pod Security admission", "remove the plugin from --enable-admission-plugins", apiServer, obsoletePlugin},
	{"apiserver-pod-security-disabled", result.High, "Pod Security admission is off", "the labels of namespaces enforce nothing, and privileged pods are admitted", "remove PodSecurity from --disable-admission-plugins", apiServer, disabled.is(lacks("PodSecurity"))},
	{"apiserver-service-account-plugin-disabled", result.High, "Service account admission is off", "pods get no account and the checks on the accounts that they name are skipped", "remove ServiceAccount from --disable-admission-plugins", apiServer, disabled.is(lacks("ServiceAccount"))},
	{"apiserver-namespace-lifecycle-disabled", result.Medium, "Namespace lifecycle admission is off", "objects can be made in namespaces that end or do not exist, and system namespaces can be deleted", "remove NamespaceLifecycle from --disable-admission-plugins", apiServer, disabled.is(lacks("NamespaceLifecycle"))},
	{"apiserver-node-restriction-missing", result.High, "Kubelets may change other nodes", "the credentials of one node can label any node and change any pod", "add NodeRestriction to --enable-admission-plugins", apiServer, enabled.is(holds("NodeRestriction"))},
	{"apiserver-image-policy-webhook", result.Info, "No webhook judges images", "any image from anywhere may run, unless another policy engine says otherwise", "add ImagePolicyWebhook to --enable-admission-plugins, and --admission-control-config-file", apiServer, imageWebhook},
	{"apiserver-insecure-bind-address", result.Critical, "API server has an address without TLS and login", "whoever reaches the address has the cluster", "remove --insecure-bind-address", apiServer, flag("insecure-bind-address", "").is(notGiven)},
	{"apiserver-insecure-port", result.Critical, "API server has a port without TLS and login", "whoever reaches the port has the cluster", "set --insecure-port=0", apiServer, insecurePort},
	{"apiserver-secure-port", result.High, "API server's TLS port is off", "clients have to use a port without TLS", "remove --secure-port, or give it a port", apiServer, flag("secure-port", "6443").is(notZero)},
	{"apiserver-profiling", result.Low, "API server serves profiles", "profiles show details of the system and cost time to make", "set --profiling=false", apiServer, flag("profiling", "true").is(isFalse)},
	{"apiserver-audit-log-path", result.Medium, "API server writes no audit log", "nobody can tell afterwards who did what", "set --audit-log-path, or --audit-webhook-config-file", apiServer, unless("audit-webhook-config-file", set("audit-log-path"))},
	{"apiserver-audit-log-max-age", result.Low, "Audit log is kept too short a time", "traces of an attack may be gone before anybody looks", "set --audit-log-maxage=30 or more", apiServer, logged(flag("audit-log-maxage", "").is(between(30, -1)))},
	{"apiserver-audit-log-max-backup", result.Low, "Too few audit logs are kept", "traces of an attack may be gone before anybody looks", "set --audit-log-maxbackup=10 or more", apiServer, logged(flag("audit-log-maxbackup", "").is(between(10, -1)))},
	{"apiserver-audit-log-max-size", result.Low, "Audit logs are rotated too early", "an attacker can push traces out by making noise", "set --audit-log-maxsize=100 or more", apiServer, flag("audit-log-maxsize", "").is(between(100, -1))},
	{"apiserver-audit-policy-file", result.Medium, "Auditing has no policy", "nothing is logged, though a log is configured", "set --audit-policy-file", apiServer, auditPolicy},
	{"apiserver-request-timeout", result.Info, "Requests may take very long", "slow requests can use up the server's connections", "remove --request-timeout, or set it to 300s or less", apiServer, flag("request-timeout", "60s").is(lasts(0, 300*time.Second))},
	{"apiserver-service-account-lookup", result.High, "Deleted tokens stay valid", "the token of a deleted account or Secret still opens the cluster", "remove --service-account-lookup", apiServer, flag("service-account-lookup", "true").is(notFalse)},
	{"apiserver-service-account-key-file", result.Medium, "Tokens are verified with the TLS key", "the key cannot be rotated without breaking one or the other", "set --service-account-key-file", apiServer, set("service-account-key-file")},
	{"apiserver-extended-token-expiration", result.Low, "Projected tokens live for a year", "a stolen token is good for a year instead of an hour", "set --service-account-extend-token-expiration=false", apiServer, flag("service-account-extend-token-expiration", "true").is(isFalse)},
	{"apiserver-etcd-client-cert", result.High, "API server shows etcd no certificate", "etcd must answer anybody who reaches it", "set --etcd-certfile and --etcd-keyfile", apiServer, set("etcd-certfile", "etcd-keyfile")},
	{"apiserver-etcd-ca", result.High, "API server does not verify etcd", "whoever stands between them reads and changes the whole cluster", "set --etcd-cafile, and https in --etcd-servers", apiServer, all(set("etcd-cafile"), flag("etcd-servers", "").is(https))},
	{"apiserver-tls-cert", result.Medium, "API server makes its own certificate", "clients cannot verify whom they talk to", "set --tls-cert-file and --tls-private-key-file", apiServer, set("tls-cert-file", "tls-private-key-file")},
	{"apiserver-client-ca", result.High, "API server knows no client authority", "client certificates are not accepted, so weaker credentials are used", "set --client-ca-file", apiServer, set("client-ca-file")},
	{"apiserver-encryption-config", result.Medium, "Secrets are stored in clear", "a copy of etcd's disk or backup shows every Secret", "set --encryption-provider-config", apiServer, set("encryption-provider-config")},
	{"apiserver-weak-ciphers", result.Low, "API server allows weak TLS", "recorded traffic can be read later, or a connection be broken", "remove --tls-cipher-suites and --tls-min-version: the defaults are sound", apiServer, all(ciphers.is(strong), minVersion.is(lacks("VersionTLS10", "VersionTLS11")))},
	{"apiserver-kms-v1-feature", result.Medium, "KMS v1 is switched back on", "it is slow, deprecated since 1.28 and cannot tell which key encrypted what", "remove KMSv1=true from --feature-gates, and use KMS v2", apiServer, kmsV1},
}
