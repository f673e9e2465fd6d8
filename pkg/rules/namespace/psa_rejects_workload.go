package namespace

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/podsecurity"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PsaRejectsWorkload reports workloads whose pods their namespace refuses.
var PsaRejectsWorkload = &rule.Rule{
	Meta: rule.Meta{
		ID: "psa-rejects-workload", Severity: result.High, Since: "0.1",
		Title: "Namespace refuses the workload's pods",
		Why: `Pod Security admission looks at pods, not at what makes them: the API server
takes the workload, each of its pods is refused, and nothing runs. The only sign
is an event at the ReplicaSet or Job. Whether a pod passes is worked out here as
the API server does for the level and version of the Namespace's labels.`,
		Fix: "change the fields to what the level allows, or give the workload a namespace of another level",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-admission/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/",
		},
	},
	Universe: func(p *rule.Pass) {
		params := p.Params.(*RejectsParams)
		for _, pod := range p.Index.Pods() {
			o := pod.Object
			if o.Is("", "PodTemplate") {
				continue // makes no pods by itself
			}
			name := p.Index.Namespace(o)
			said := fmt.Sprintf("every namespace is to meet %q", params.Level)
			policy := podsecurity.Policy{Level: podsecurity.Level(params.Level), Minor: p.Index.Version().Minor}
			var related []result.Related
			if ns := p.Index.NamespaceObject(name); ns != nil {
				var ok bool
				if policy, ok = podsecurity.PolicyOf(ns, p.Index.Version()); !ok {
					continue // namespace-without-psa speaks
				}
				said = fmt.Sprintf("namespace %q enforces %s", name, policy.Level)
				related = append(related, rule.See(podsecurity.Label(ns, "enforce"), "the level is set here"))
			}
			report(p, pod, policy.Evaluate(pod), said, related)
		}
	},
	Params: func() any { return &RejectsParams{Level: string(podsecurity.Privileged)} },
}

// RejectsParams are the parameters of psa-rejects-workload.
type RejectsParams struct {
	// Level is what pods must meet whose Namespace is not rendered: privileged
	// (all do), baseline or restricted, as of the target's version.
	Level string `yaml:"defaultLevel"`
}

func report(p *rule.Pass, pod manifest.Pod, broken []podsecurity.Violation, said string, related []result.Related) {
	if len(broken) == 0 {
		return
	}
	var names []string
	for i, v := range broken {
		name, _, _ := strings.Cut(v.Control.ID, "_")
		names = append(names, name)
		if i > 0 {
			related = append(related, rule.See(v.At[0], "%s: %s", name, v.Control.Reason))
		}
	}
	follows := "will get no pods"
	if pod.Object.Is("", "Pod") {
		follows = "is refused"
	}
	p.Add(rule.Problem{
		At: broken[0].At[0], Related: related,
		Message: fmt.Sprintf("%s: %s %s (%s)", said, pod.Object, follows, strings.Join(names, ", ")),
	})
}
