package route

import (
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Pods lists the pod templates that a Service selects.
func Pods(x *index.Index, s *manifest.Object) []manifest.Pod {
	var out []manifest.Pod
	for _, pod := range x.PodsIn(x.Namespace(s)) {
		if index.MatchesMap(s.At("spec", "selector"), pod.Labels()) {
			out = append(out, pod)
		}
	}
	return out
}

// Target is a port of a pod.
type Target struct {
	Protocol string
	Number   int
}

// Targets are the ports of the pod that a Service's port leads to; port is its
// number or name, "" for all of them.
func Targets(s *manifest.Object, port string, pod manifest.Pod) []Target {
	var out []Target
	for p := range s.At("spec", "ports").Items() {
		if port != "" && p.At("port").Str() != port && p.At("name").Str() != port {
			continue
		}
		protocol := p.At("protocol").Str()
		if protocol == "" {
			protocol = "TCP"
		}
		to := p.At("targetPort")
		if !to.Exists() {
			to = p.At("port")
		}
		if n, ok := to.Int(); ok {
			out = append(out, Target{protocol, int(n)})
			continue
		}
		for c := range pod.Containers() {
			for at := range c.At("ports").Items() {
				if n, ok := at.At("containerPort").Int(); ok && at.At("name").Str() == to.Str() {
					out = append(out, Target{protocol, int(n)})
				}
			}
		}
	}
	return out
}

// Client is a workload whose settings name a Service.
type Client struct {
	Pod     manifest.Pod
	At      manifest.Place // the setting
	Service *manifest.Object
	Port    string // as written, "" if none is
}

var (
	// hosts finds names of the cluster in a text: after "//" or "@", or before
	// a port, or with ".svc".
	hosts = regexp.MustCompile(`(?:^|[^A-Za-z0-9.:/_@-])(?:[a-z][a-z0-9+.-]*://)?(?:[^\s/@]*@)?([a-z]([a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*)(?::(\d{1,5}))?`)
	// hostKeys are names of settings whose value is a host.
	hostKeys = regexp.MustCompile(`(?i)(_|^|-|\.)(host|hostname|addr|address|url|uri|endpoint|server|upstream|dsn|brokers?|servers)$`)
)

// Clients lists the workloads whose environment or arguments name a rendered
// Service, as host:port, as URL, by its name with .svc, or alone in a setting
// for hosts.
func Clients(x *index.Index) []Client {
	services := map[string]*manifest.Object{}
	for _, s := range x.Kind("", "Service") {
		services[x.Namespace(s)+"/"+s.Key.Name] = s
	}
	if len(services) == 0 {
		return nil
	}
	var out []Client
	for _, pod := range x.Pods() {
		namespace := x.Namespace(pod.Object)
		seen := map[*manifest.Object]bool{}
		look := func(key string, at manifest.Place) {
			text := at.Str()
			for _, m := range hosts.FindAllStringSubmatch(text, 20) {
				name, ns, _ := strings.Cut(m[1], ".")
				ns, _, _ = strings.Cut(ns, ".")
				if ns == "" {
					ns = namespace
					if m[3] == "" && !strings.Contains(text, "://"+m[1]) && !strings.Contains(text, "@"+m[1]) && (text != m[1] || !hostKeys.MatchString(key)) {
						continue // any word may be a name
					}
				}
				if s := services[ns+"/"+name]; s != nil && !seen[s] {
					seen[s] = true
					out = append(out, Client{pod, at, s, m[3]})
				}
			}
		}
		for c := range pod.Containers() {
			for e := range c.At("env").Items() {
				look(e.At("name").Str(), e.At("value"))
			}
			for _, list := range [...]string{"command", "args"} {
				for a := range c.At(list).Items() {
					if key, _, ok := strings.Cut(a.Str(), "="); ok {
						look(key, a)
					} else {
						look("", a)
					}
				}
			}
		}
	}
	return out
}
