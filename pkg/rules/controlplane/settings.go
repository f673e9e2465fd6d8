package controlplane

import (
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// The components whose settings the table knows.
const (
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	etcd              = "etcd"
	kubelet           = "kubelet"
)

// settings is what one component is told, by flags or by a configuration file.
type settings struct {
	component string
	at        manifest.Place // where what is missing would be written
	flags     map[string]setting
	file      bool // at is a configuration file
	// partial: there is a file that is not in sight, so that an absent setting
	// says nothing.
	partial bool
	index   *index.Index // of the target, for what depends on its version or on other objects
}

type setting struct {
	text string
	at   manifest.Place
}

// settingsOf lists the components that the object starts or configures.
func settingsOf(x *index.Index, o *manifest.Object) []settings {
	var out []settings
	add := func(s settings) {
		s.index = x
		out = append(out, s)
	}
	switch o.Key.Group() {
	case "kubelet.config.k8s.io", "kubescheduler.config.k8s.io":
		switch o.Key.Kind {
		case "KubeletConfiguration":
			add(settings{component: kubelet, at: o.Root(), file: true})
		case "KubeSchedulerConfiguration":
			add(settings{component: scheduler, at: o.Root(), file: true})
		}
	case "kubeadm.k8s.io":
		for _, c := range kubeadmComponents {
			if at := o.At(c.path...); o.Key.Kind == c.kind && (at.Exists() || c.component == apiServer) {
				add(settings{component: c.component, at: at, flags: extraArgs(at, c.defaults), partial: c.component == kubelet})
			}
		}
	}
	if pod, ok := o.Pod(); ok {
		for c := range pod.Containers() {
			if s, ok := commandLine(c); ok {
				add(s)
			}
		}
	}
	return out
}

// commandLine reads a container's command and args, also behind "sh -c".
func commandLine(c manifest.Container) (settings, bool) {
	var words []setting
	for _, list := range [...]string{"command", "args"} {
		for it := range c.At(list).Items() {
			if strings.ContainsAny(it.Str(), " \n") && len(words) > 0 && strings.HasSuffix(words[len(words)-1].text, "c") && strings.HasPrefix(words[len(words)-1].text, "-") {
				for _, w := range strings.Fields(strings.ReplaceAll(it.Str(), "\\\n", " ")) {
					words = append(words, setting{w, it})
				}
				continue
			}
			words = append(words, setting{it.Str(), it})
		}
	}
	i := slices.IndexFunc(words, func(w setting) bool {
		switch path.Base(w.text) {
		case apiServer, controllerManager, scheduler, etcd, kubelet:
			return true
		}
		return false
	})
	if i < 0 || slices.ContainsFunc(words[:i], func(w setting) bool { return strings.HasPrefix(w.text, "--") }) {
		return settings{}, false
	}
	s := settings{component: path.Base(words[i].text), at: words[i].at, flags: map[string]setting{}}
	rest := words[i+1:]
	for j, w := range rest {
		name, value, found := strings.Cut(strings.TrimLeft(w.text, "-"), "=")
		if !strings.HasPrefix(w.text, "-") {
			continue
		}
		at := w.at
		if !found {
			value = "true"
			if j+1 < len(rest) && !strings.HasPrefix(rest[j+1].text, "-") {
				value, at = rest[j+1].text, rest[j+1].at
			}
		}
		s.flags[name] = setting{strings.Trim(value, `"'`), at}
	}
	if _, ok := s.flags["config"]; ok {
		s.partial = s.component == kubelet || s.component == scheduler
	}
	return s, true
}

// extraArgs reads kubeadm's arguments: a mapping, or since v1beta4 a list of
// names and values, over what kubeadm sets itself.
func extraArgs(at manifest.Place, defaults string) map[string]setting {
	flags := map[string]setting{}
	for _, word := range strings.Fields(defaults) {
		name, value, _ := strings.Cut(word, "=")
		flags[name] = setting{value, at}
	}
	for name, v := range at.Entries() {
		flags[name] = setting{v.Str(), v}
	}
	for it := range at.Items() {
		flags[it.At("name").Str()] = setting{it.At("value").Str(), it.At("value")}
	}
	return flags
}

// kubeadmComponents are where kubeadm's configuration has each component's
// flags, and the flags that kubeadm sets where nobody else does.
var kubeadmComponents = []struct {
	kind, component string
	path            []any
	defaults        string
}{
	{"ClusterConfiguration", apiServer, []any{"apiServer", "extraArgs"},
		"authorization-mode=Node,RBAC enable-admission-plugins=NodeRestriction client-ca-file=ca.crt service-account-key-file=sa.pub tls-cert-file=apiserver.crt tls-private-key-file=apiserver.key kubelet-client-certificate=client.crt kubelet-client-key=client.key etcd-cafile=etcd.crt etcd-certfile=client.crt etcd-keyfile=client.key insecure-port=0"},
	{"ClusterConfiguration", controllerManager, []any{"controllerManager", "extraArgs"},
		"bind-address=127.0.0.1 root-ca-file=ca.crt service-account-private-key-file=sa.key use-service-account-credentials=true"},
	{"ClusterConfiguration", scheduler, []any{"scheduler", "extraArgs"}, "bind-address=127.0.0.1"},
	{"ClusterConfiguration", etcd, []any{"etcd", "local", "extraArgs"},
		"cert-file=server.crt key-file=server.key client-cert-auth=true trusted-ca-file=ca.crt peer-cert-file=peer.crt peer-key-file=peer.key peer-client-cert-auth=true"},
	{"InitConfiguration", kubelet, []any{"nodeRegistration", "kubeletExtraArgs"}, ""},
	{"JoinConfiguration", kubelet, []any{"nodeRegistration", "kubeletExtraArgs"}, ""},
}

// get is a setting by flag, which wins, or by field of the file; ok is false
// if it is absent.
func (s settings) get(flag, field string) (setting, bool) {
	if v, ok := s.flags[flag]; ok {
		return v, true
	}
	if !s.file || field == "" {
		return setting{at: s.at}, false
	}
	at := s.at
	for _, step := range strings.Split(field, ".") {
		at = at.At(step)
	}
	text := at.Str()
	if at.IsList() {
		text = strings.Join(at.Strings(), ",")
	}
	return setting{text, at}, at.Exists()
}
