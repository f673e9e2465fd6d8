package podsecurity

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// controls, baseline first, each level in order of id.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/
var controls = []Control{
	{ID: "appArmorProfile", Level: Baseline, Reason: "forbidden AppArmor profile", checks: always(appArmor)},
	{ID: "capabilities_baseline", Level: Baseline, Reason: "non-default capabilities", checks: always(capabilitiesAdded)},
	{ID: "hostNamespaces", Level: Baseline, Reason: "host namespaces", checks: always(hostNamespaces)},
	{ID: "hostPathVolumes", Level: Baseline, Reason: "hostPath volumes", checks: always(hostPaths)},
	{ID: "hostPorts", Level: Baseline, Reason: "hostPort", checks: always(hostPorts)},
	{ID: "hostProbesAndHostLifecycle", Level: Baseline, Reason: "probe or lifecycle host", checks: []check{{34, 0, probeHosts}}},
	{ID: "privileged", Level: Baseline, Reason: "privileged", checks: always(privileged)},
	{ID: "procMount", Level: Baseline, Reason: "procMount", checks: []check{{0, 35, procMount}, {35, 0, onHostUsers(procMount)}}},
	{ID: "seLinuxOptions", Level: Baseline, Reason: "seLinuxOptions", checks: []check{
		{0, 31, seLinux("container_t", "container_init_t", "container_kvm_t")},
		{31, 0, seLinux("container_t", "container_init_t", "container_kvm_t", "container_engine_t")},
	}},
	{ID: "seccompProfile_baseline", Level: Baseline, Reason: "seccompProfile", checks: []check{{0, 19, seccompAnnotations}, {19, 0, seccompForbidden}}},
	{ID: "sysctls", Level: Baseline, Reason: "forbidden sysctls", checks: []check{
		{0, 27, sysctls(5)}, {27, 29, sysctls(6)}, {29, 32, sysctls(10)}, {32, 37, sysctls(12)}, {37, 0, sysctls(14)},
	}},
	{ID: "windowsHostProcess", Level: Baseline, Reason: "hostProcess", checks: always(hostProcess)},

	{ID: "allowPrivilegeEscalation", Level: Restricted, Reason: "allowPrivilegeEscalation != false",
		checks: []check{{8, 25, escalation}, {25, 0, onLinux(escalation)}}},
	{ID: "capabilities_restricted", Level: Restricted, Reason: "unrestricted capabilities", overrides: "capabilities_baseline",
		checks: []check{{22, 25, capabilitiesKept}, {25, 0, onLinux(capabilitiesKept)}}},
	{ID: "procMount_restricted", Level: Restricted, Reason: "procMount", overrides: "procMount", checks: []check{{35, 0, procMount}}},
	{ID: "restrictedVolumes", Level: Restricted, Reason: "restricted volume types", overrides: "hostPathVolumes", checks: always(volumeTypes)},
	{ID: "runAsNonRoot", Level: Restricted, Reason: "runAsNonRoot != true", checks: []check{{0, 35, nonRoot}, {35, 0, onHostUsers(nonRoot)}}},
	{ID: "runAsUser", Level: Restricted, Reason: "runAsUser=0", checks: []check{{23, 35, rootUser}, {35, 0, onHostUsers(rootUser)}}},
	{ID: "seccompProfile_restricted", Level: Restricted, Reason: "seccompProfile", overrides: "seccompProfile_baseline",
		checks: []check{{19, 25, seccompUnset}, {25, 0, onLinux(seccompUnset)}}},
}

type broken = func(manifest.Pod) []manifest.Place

func always(b broken) []check { return []check{{broken: b}} }

// onLinux exempts pods that say that they are Windows'.
func onLinux(b broken) broken {
	return func(pod manifest.Pod) []manifest.Place {
		if pod.Windows() {
			return nil
		}
		return b(pod)
	}
}

// onHostUsers exempts pods with a user namespace of their own.
func onHostUsers(b broken) broken {
	return func(pod manifest.Pod) []manifest.Place {
		if pod.OwnUsers() {
			return nil
		}
		return b(pod)
	}
}

// each gathers the fields of the containers, of every kind, that are at fault.
func each(pod manifest.Pod, fault func(c manifest.Container) (manifest.Place, bool)) []manifest.Place {
	var out []manifest.Place
	for c := range pod.Containers() {
		if at, bad := fault(c); bad {
			out = append(out, at)
		}
	}
	return out
}

// contexts yields a field of the pod's securityContext and of each container's.
func contexts(pod manifest.Pod, path ...any) []manifest.Place {
	path = append([]any{"securityContext"}, path...)
	out := []manifest.Place{pod.Spec.At(path...)}
	for c := range pod.Containers() {
		out = append(out, c.At(path...))
	}
	return out
}

func only(places []manifest.Place, bad func(manifest.Place) bool) []manifest.Place {
	return slices.DeleteFunc(places, func(p manifest.Place) bool { return !bad(p) })
}

func appArmor(pod manifest.Pod) []manifest.Place {
	var out []manifest.Place
	for _, p := range contexts(pod, "appArmorProfile") {
		if t := p.At("type"); p.Exists() && t.Str() != "RuntimeDefault" && t.Str() != "Localhost" {
			out = append(out, t)
		}
	}
	for key, v := range pod.Annotations().Entries() {
		if s := v.Str(); strings.HasPrefix(key, "container.apparmor.security.beta.kubernetes.io/") &&
			s != "" && s != "runtime/default" && !strings.HasPrefix(s, "localhost/") {
			out = append(out, v)
		}
	}
	return out
}

var defaultCapabilities = []string{
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
	"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}

func capabilitiesAdded(pod manifest.Pod) []manifest.Place { return adds(pod, defaultCapabilities) }

// adds gathers the added capabilities beyond those allowed, in exactly that
// writing: "CAP_" and small letters are refused.
func adds(pod manifest.Pod, allowed []string) []manifest.Place {
	var out []manifest.Place
	for c := range pod.Containers() {
		for it := range c.At("securityContext", "capabilities", "add").Items() {
			if !slices.Contains(allowed, it.Str()) {
				out = append(out, it)
			}
		}
	}
	return out
}

func capabilitiesKept(pod manifest.Pod) []manifest.Place {
	out := each(pod, func(c manifest.Container) (manifest.Place, bool) {
		drop := c.At("securityContext", "capabilities", "drop")
		return drop, !slices.Contains(drop.Strings(), "ALL")
	})
	return append(out, adds(pod, []string{"NET_BIND_SERVICE"})...)
}

func hostNamespaces(pod manifest.Pod) []manifest.Place {
	return only([]manifest.Place{pod.Spec.At("hostNetwork"), pod.Spec.At("hostPID"), pod.Spec.At("hostIPC")}, manifest.Place.IsTrue)
}

func hostPaths(pod manifest.Pod) []manifest.Place {
	var out []manifest.Place
	for v := range pod.Spec.At("volumes").Items() {
		if at := v.At("hostPath"); at.Exists() {
			out = append(out, at)
		}
	}
	return out
}

func volumeTypes(pod manifest.Pod) []manifest.Place {
	var out []manifest.Place
volumes:
	for v := range pod.Spec.At("volumes").Items() {
		if !sourced(v) {
			continue // the API server makes it an emptyDir
		}
		for _, t := range [...]string{
			"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
		} {
			if v.At(t).Exists() {
				continue volumes
			}
		}
		out = append(out, v)
	}
	return out
}

func sourced(volume manifest.Place) bool {
	for name, v := range volume.Entries() {
		if name != "name" && v.Exists() {
			return true
		}
	}
	return false
}

func hostPorts(pod manifest.Pod) []manifest.Place {
	var out []manifest.Place
	for c := range pod.Containers() {
		for p := range c.At("ports").Items() {
			if n, _ := p.At("hostPort").Int(); n != 0 {
				out = append(out, p.At("hostPort"))
			}
		}
	}
	return out
}

func probeHosts(pod manifest.Pod) []manifest.Place {
	var out []manifest.Place
	for c := range pod.Containers() {
		for h := range c.Handlers() {
			for _, at := range [...]manifest.Place{h.At("httpGet", "host"), h.At("tcpSocket", "host")} {
				if at.Str() != "" {
					out = append(out, at)
				}
			}
		}
	}
	return out
}

func privileged(pod manifest.Pod) []manifest.Place {
	return each(pod, func(c manifest.Container) (manifest.Place, bool) {
		return c.At("securityContext", "privileged"), c.Privileged()
	})
}

func procMount(pod manifest.Pod) []manifest.Place {
	return each(pod, func(c manifest.Container) (manifest.Place, bool) {
		at := c.At("securityContext", "procMount")
		return at, at.Exists() && at.Str() != "Default"
	})
}

func seLinux(types ...string) broken {
	types = append(types, "")
	return func(pod manifest.Pod) []manifest.Place {
		var out []manifest.Place
		for _, o := range contexts(pod, "seLinuxOptions") {
			if t := o.At("type"); !slices.Contains(types, t.Str()) {
				out = append(out, t)
			}
			for _, at := range [...]manifest.Place{o.At("user"), o.At("role")} {
				if at.Str() != "" {
					out = append(out, at)
				}
			}
		}
		return out
	}
}

func seccompAnnotations(pod manifest.Pod) []manifest.Place {
	keys := []string{"seccomp.security.alpha.kubernetes.io/pod"}
	for c := range pod.Containers() {
		keys = append(keys, "container.seccomp.security.alpha.kubernetes.io/"+c.Name)
	}
	var out []manifest.Place
	for key, v := range pod.Annotations().Entries() {
		s := v.Str()
		if slices.Contains(keys, key) && s != "runtime/default" && s != "docker/default" && !strings.HasPrefix(s, "localhost/") {
			out = append(out, v)
		}
	}
	return out
}

func seccompGood(profile manifest.Place) bool {
	t := profile.At("type").Str()
	return t == "RuntimeDefault" || t == "Localhost"
}

func seccompForbidden(pod manifest.Pod) []manifest.Place {
	return only(contexts(pod, "seccompProfile"), func(p manifest.Place) bool { return p.Exists() && !seccompGood(p) })
}

func seccompUnset(pod manifest.Pod) []manifest.Place {
	out := seccompForbidden(pod)
	if seccompGood(pod.Spec.At("securityContext", "seccompProfile")) {
		return out
	}
	return append(out, each(pod, func(c manifest.Container) (manifest.Place, bool) {
		at := c.At("securityContext", "seccompProfile")
		return at, !at.Exists()
	})...)
}

// safeSysctls are those allowed, in the order in which versions added them.
var safeSysctls = []string{
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
	"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
}

// sysctls allows the first n.
func sysctls(n int) broken {
	return func(pod manifest.Pod) []manifest.Place {
		var out []manifest.Place
		for s := range pod.Spec.At("securityContext", "sysctls").Items() {
			if at := s.At("name"); !slices.Contains(safeSysctls[:n], at.Str()) {
				out = append(out, at)
			}
		}
		return out
	}
}

func hostProcess(pod manifest.Pod) []manifest.Place {
	return only(contexts(pod, "windowsOptions", "hostProcess"), manifest.Place.IsTrue)
}

func escalation(pod manifest.Pod) []manifest.Place {
	return each(pod, func(c manifest.Container) (manifest.Place, bool) {
		at := c.At("securityContext", "allowPrivilegeEscalation")
		v, ok := at.Bool()
		return at, !ok || v
	})
}

func nonRoot(pod manifest.Pod) []manifest.Place {
	is := func(p manifest.Place, want bool) bool { v, ok := p.Bool(); return ok && v == want }
	own := pod.Spec.At("securityContext", "runAsNonRoot")
	out := only(contexts(pod, "runAsNonRoot"), func(p manifest.Place) bool { return is(p, false) })
	if is(own, true) {
		return out
	}
	return append(out, each(pod, func(c manifest.Container) (manifest.Place, bool) {
		at := c.At("securityContext", "runAsNonRoot")
		_, ok := at.Bool()
		return at, !ok
	})...)
}

func rootUser(pod manifest.Pod) []manifest.Place {
	return only(contexts(pod, "runAsUser"), func(p manifest.Place) bool { v, ok := p.Int(); return ok && v == 0 })
}
