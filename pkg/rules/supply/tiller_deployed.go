package supply

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// TillerDeployed reports Helm 2's server.
var TillerDeployed = &rule.Rule{
	Meta: rule.Meta{
		ID: "tiller-deployed", Severity: result.Critical, Since: "0.1",
		Title: "Helm 2's Tiller is deployed",
		Why: `Tiller holds cluster-admin and takes orders from whoever reaches its port,
without a login. Helm 2 has had no fixes since November 2020.`,
		Fix: "move the releases to Helm 3 with its 2to3 plugin, and remove Tiller with its Service, account and binding",
		Refs: []string{
			"https://helm.sh/docs/topics/v2_v3_migration/",
			"https://helm.sh/blog/helm-v2-deprecation-timeline/",
		},
	},
	On: rule.Or(rule.PodBearing, rule.Kinds("", "Service")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		pod, isPod := o.Pod()
		at, ok := tiller(o, pod, isPod)
		switch {
		case !ok:
		case !isPod:
			p.Report(at, "%s offers Tiller to the cluster: who reaches it is cluster-admin without a login", o)
		case listensLocally(pod):
			p.Report(at, "%s runs Tiller, which listens on localhost: who gets into the pod is cluster-admin", o)
		default:
			p.Report(at, "%s runs Tiller, which listens to the whole cluster: who reaches it is cluster-admin without a login", o)
		}
	},
}

// tiller finds what shows that the object is Tiller.
func tiller(o *manifest.Object, pod manifest.Pod, isPod bool) (manifest.Place, bool) {
	labels := []manifest.Place{o.Labels(), o.At("spec", "selector")}
	if isPod {
		for c := range pod.Containers() {
			ref, err := manifest.ParseReference(c.At("image").Str())
			if err == nil && strings.Contains(ref.Base(), "tiller") {
				return c.At("image"), true
			}
		}
		labels = []manifest.Place{pod.Labels(), o.Labels()}
	}
	for _, at := range [...]manifest.Place{o.At("metadata", "name"), pod.Template.At("metadata", "name")} {
		if slices.Contains(strings.Split(at.Str(), "-"), "tiller") {
			return at, true
		}
	}
	for _, l := range labels {
		for _, label := range [...]string{"name", "app", "app.kubernetes.io/name"} {
			if at := l.At(label); at.Str() == "tiller" {
				return at, true
			}
		}
	}
	return manifest.Place{}, false
}

// listensLocally reports whether Tiller's --listen names the pod itself.
func listensLocally(pod manifest.Pod) bool {
	for c := range pod.Containers() {
		words := append(c.At("command").Strings(), c.At("args").Strings()...)
		for i, w := range words {
			address, ok := strings.CutPrefix(strings.TrimLeft(w, "-"), "listen=")
			if !ok && strings.TrimLeft(w, "-") == "listen" && i+1 < len(words) {
				address = words[i+1]
			}
			if strings.HasPrefix(address, "localhost:") || strings.HasPrefix(address, "127.0.0.1:") {
				return true
			}
		}
	}
	return false
}
