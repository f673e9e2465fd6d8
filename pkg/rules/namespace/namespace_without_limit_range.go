package namespace

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// LimitRangeParams are the parameters of namespace-without-limit-range.
type LimitRangeParams struct {
	// Fields that a LimitRange for containers needs: default, defaultRequest,
	// min, max.
	Fields []string `yaml:"fields"`
}

// NamespaceWithoutLimitRange reports namespaces where containers without
// resources get none.
var NamespaceWithoutLimitRange = &rule.Rule{
	Meta: rule.Meta{
		ID: "namespace-without-limit-range", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Namespace gives no default resources",
		Why: `A container that sets no requests and limits takes what it can get, and is the
first to go when a node is full. A LimitRange fills in what authors forget.`,
		Fix: "add a LimitRange of type Container with default and defaultRequest for cpu and memory",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/policy/limit-range/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: func() any { return &LimitRangeParams{Fields: []string{}} },
	Universe: func(p *rule.Pass) {
		for _, lr := range p.Index.Kind("", "LimitRange") {
			for item := range lr.At("spec", "limits").Items() {
				for _, field := range p.Params.(*LimitRangeParams).Fields {
					if at := item.At(field); item.At("type").Str() == "Container" && at.Len() == 0 {
						p.Report(at, "%s has no %s for containers", lr, field)
					}
				}
			}
		}
		told := map[string]bool{}
		for _, pod := range p.Index.Pods() {
			name := p.Index.Namespace(pod.Object)
			missing, container := lacking(p, pod)
			if told[name] || missing == "" {
				continue
			}
			told[name] = true
			at := pod.Object.At("metadata", "namespace")
			if ns := p.Index.NamespaceObject(name); ns != nil {
				at = ns.At("metadata", "name")
			}
			p.Add(rule.Problem{
				At: at, Namespace: name,
				Message: fmt.Sprintf("namespace %q has no LimitRange that gives %s, and container %q of %s sets none: it takes what it can get", name, missing, container.Name, pod.Object),
				Related: []result.Related{rule.See(container.At("resources"), "this container")},
			})
		}
	},
}

// lacking is what the first such container of the pod gets from nowhere.
func lacking(p *rule.Pass, pod manifest.Pod) (missing string, c manifest.Container) {
	for c := range pod.Containers(manifest.Main) {
		var out []string
		for _, list := range [...]string{"requests", "limits"} {
			for _, r := range [...]string{"cpu", "memory"} {
				// CPU limits are a matter of opinion: nobody misses one.
				if !p.Index.Resource(pod, c, list, r).Exists() && !(list == "limits" && r == "cpu") {
					out = append(out, list+"."+r)
				}
			}
		}
		if len(out) > 0 {
			return strings.Join(out, ", "), c
		}
	}
	return "", manifest.Container{}
}
