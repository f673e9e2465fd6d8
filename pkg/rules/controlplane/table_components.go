package controlplane

import (
	"math"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

var controllerRows = []row{
	{"controller-manager-pod-gc-threshold", result.Info, "Ended pods are collected late", "ended pods fill etcd until the threshold is reached", "set --terminated-pod-gc-threshold between 1 and 12500", controllerManager, flag("terminated-pod-gc-threshold", "").is(between(1, 12500))},
	{"controller-manager-profiling", result.Low, "Controller manager serves profiles", "profiles show details of the system and cost time to make", "set --profiling=false", controllerManager, flag("profiling", "true").is(isFalse)},
	{"controller-manager-account-credentials", result.Medium, "All controllers share one identity", "each controller holds the rights of all of them", "set --use-service-account-credentials=true", controllerManager, flag("use-service-account-credentials", "false").is(isTrue)},
	{"controller-manager-account-key", result.Medium, "Controller manager has no key for tokens", "tokens of service accounts are not signed with a key of their own", "set --service-account-private-key-file", controllerManager, set("service-account-private-key-file")},
	{"controller-manager-root-ca", result.Medium, "Pods get no root certificate", "pods cannot verify the API server that they send their token to", "set --root-ca-file", controllerManager, set("root-ca-file")},
	{"controller-manager-server-cert-rotation", result.Low, "Certificates of kubelets are not rotated", "they end and are replaced by hand, or not verified any more", "remove RotateKubeletServerCertificate=false from --feature-gates", controllerManager, flag("feature-gates", "").is(lacks("RotateKubeletServerCertificate=false"))},
	{"controller-manager-bind-address", result.Low, "Controller manager listens on every address", "its metrics and debug pages are open to the network", "set --bind-address=127.0.0.1", controllerManager, flag("bind-address", "0.0.0.0").is(loopback)},
	{"scheduler-profiling", result.Low, "Scheduler serves profiles", "profiles show details of the system and cost time to make", "set --profiling=false, or enableProfiling: false", scheduler, param{"profiling", "enableProfiling", "true", "true"}.is(isFalse)},
	{"scheduler-bind-address", result.Low, "Scheduler listens on every address", "its metrics and debug pages are open to the network", "set --bind-address=127.0.0.1", scheduler, bindAddress},
}

// bindAddress is a flag of the scheduler that no file replaces.
func bindAddress(s settings) (setting, string) {
	s.partial = false
	return flag("bind-address", "0.0.0.0").is(loopback)(s)
}

var etcdRows = []row{
	{"etcd-server-cert", result.High, "etcd serves without TLS", "the whole state of the cluster, Secrets included, crosses the network in clear", "set --cert-file and --key-file, and https in the client URLs", etcd, all(set("cert-file", "key-file"), flag("listen-client-urls", "").is(https), flag("advertise-client-urls", "").is(https))},
	{"etcd-client-cert-auth", result.Critical, "etcd answers anybody", "whoever reaches the port has the cluster", "set --client-cert-auth=true", etcd, flag("client-cert-auth", "false").is(isTrue)},
	{"etcd-auto-tls", result.Medium, "etcd makes its own certificates", "clients cannot verify whom they talk to", "remove --auto-tls", etcd, flag("auto-tls", "false").is(notTrue)},
	{"etcd-peer-cert", result.Medium, "etcd's members talk without TLS", "the whole state of the cluster crosses the network in clear", "set --peer-cert-file and --peer-key-file", etcd, unlessSingle(set("peer-cert-file", "peer-key-file"))},
	{"etcd-peer-client-cert-auth", result.High, "etcd takes any member", "whoever reaches the peer port can join and read everything", "set --peer-client-cert-auth=true", etcd, unlessSingle(flag("peer-client-cert-auth", "false").is(isTrue))},
	{"etcd-peer-auto-tls", result.Medium, "etcd's members make their own certificates", "members cannot verify whom they talk to", "remove --peer-auto-tls", etcd, flag("peer-auto-tls", "false").is(notTrue)},
}

// unlessSingle passes an etcd that lists one member, itself.
func unlessSingle(t test) test {
	return func(s settings) (setting, string) {
		if members := s.flags["initial-cluster"].text; members != "" && !strings.Contains(members, ",") {
			return setting{}, ""
		}
		return t(s)
	}
}

var kubeletRows = []row{
	{"kubelet-anonymous-auth", result.Critical, "Kubelet answers anonymous requests", "with the default authorizer whoever reaches the node runs commands in its pods", "set authentication.anonymous.enabled: false", kubelet, param{"anonymous-auth", "authentication.anonymous.enabled", "true", "false"}.is(isFalse)},
	{"kubelet-authorization-always-allow", result.Critical, "Kubelet allows everything", "whoever gets in runs commands in every pod of the node", "set authorization.mode: Webhook", kubelet, param{"authorization-mode", "authorization.mode", "AlwaysAllow", "Webhook"}.is(lacks("AlwaysAllow"))},
	{"kubelet-client-ca", result.High, "Kubelet knows no client authority", "it cannot tell the API server from anybody else", "set authentication.x509.clientCAFile", kubelet, param{"client-ca-file", "authentication.x509.clientCAFile", "", ""}.is(given)},
	{"kubelet-read-only-port", result.High, "Kubelet's read-only port is open", "whoever reaches the node reads its pods and their environment without a login", "set readOnlyPort: 0", kubelet, param{"read-only-port", "readOnlyPort", "10255", "0"}.is(zero)},
	{"kubelet-streaming-timeout", result.Low, "Idle exec sessions never end", "forgotten sessions stay open, and many of them exhaust the node", "remove streamingConnectionIdleTimeout, or set it above 0", kubelet, param{"streaming-connection-idle-timeout", "streamingConnectionIdleTimeout", "4h", "4h"}.is(lasts(1, math.MaxInt64*time.Nanosecond))},
	{"kubelet-protect-kernel-defaults", result.Low, "Kubelet changes kernel settings", "it overwrites what the node's administrator set", "set protectKernelDefaults: true", kubelet, param{"protect-kernel-defaults", "protectKernelDefaults", "false", "false"}.is(isTrue)},
	{"kubelet-iptables-util-chains", result.Low, "Kubelet does not manage its iptables chains", "rules drift from what the pods' network needs, in both directions", "remove makeIPTablesUtilChains", kubelet, param{"make-iptables-util-chains", "makeIPTablesUtilChains", "true", "true"}.is(notFalse)},
	{"kubelet-hostname-override", result.Info, "Kubelet overrides its host name", "the node's certificate may not fit, and logs name another host", "remove --hostname-override", kubelet, flag("hostname-override", "").is(notGiven)},
	{"kubelet-event-qps", result.Info, "Kubelet's events are not limited well", "one node can flood the API server with events", "set eventRecordQPS above 0", kubelet, param{"event-qps", "eventRecordQPS", "50", "50"}.is(between(1, -1))},
	{"kubelet-tls-cert", result.Medium, "Kubelet makes its own certificate", "the API server cannot verify the node", "set tlsCertFile and tlsPrivateKeyFile, or serverTLSBootstrap: true", kubelet, kubeletCertificate},
	{"kubelet-rotate-certificates", result.Medium, "Kubelet's client certificate is not rotated", "it ends, and the node drops out, or it is given a very long life", "set rotateCertificates: true", kubelet, param{"rotate-certificates", "rotateCertificates", "false", "false"}.is(isTrue)},
	{"kubelet-server-cert-rotation", result.Low, "Kubelet's server certificate is not rotated", "it ends and is replaced by hand, or not verified any more", "remove featureGates.RotateKubeletServerCertificate", kubelet, all(flag("feature-gates", "").is(lacks("RotateKubeletServerCertificate=false")), param{"", "featureGates.RotateKubeletServerCertificate", "true", "true"}.is(notFalse))},
	{"kubelet-weak-ciphers", result.Low, "Kubelet allows weak TLS", "recorded traffic can be read later, or a connection be broken", "remove tlsCipherSuites and tlsMinVersion: the defaults are sound", kubelet, all(ciphers.is(strong), minVersion.is(lacks("VersionTLS10", "VersionTLS11")))},
	{"kubelet-pod-pid-limit", result.Low, "Pods may start any number of processes", "one fork bomb takes the node", "set podPidsLimit above 0", kubelet, param{"pod-max-pids", "podPidsLimit", "-1", "-1"}.is(between(1, -1))},
	{"kubelet-seccomp-default", result.Low, "Kubelet applies no seccomp profile by default", "pods that name no profile may make every system call", "set seccompDefault: true", kubelet, param{"seccomp-default", "seccompDefault", "false", "false"}.is(isTrue)},
	{"kubelet-allowed-unsafe-sysctls", result.Medium, "Kubelet allows unsafe sysctls", "a pod may change settings that reach other pods or the node", "remove allowedUnsafeSysctls", kubelet, param{"allowed-unsafe-sysctls", "allowedUnsafeSysctls", "", ""}.is(notGiven)},
}

// kubeletCertificate wants a pair of files, or that the kubelet asks for one.
func kubeletCertificate(s settings) (setting, string) {
	if v, _ := s.get("rotate-server-certificates", "serverTLSBootstrap"); isTrue(v.text) {
		return v, ""
	}
	return all(param{"tls-cert-file", "tlsCertFile", "", ""}.is(given), param{"tls-private-key-file", "tlsPrivateKeyFile", "", ""}.is(given))(s)
}
