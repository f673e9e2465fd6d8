package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WorkloadSelectorsOverlap reports controllers that claim each other's pods,
// and Services that mix different programs.
var WorkloadSelectorsOverlap = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-selectors-overlap", Severity: result.Medium, Since: "0.1",
		Title: "Selectors of two workloads overlap",
		Why: `Two controllers that select the same pods fight over them: one deletes what
the other starts. A Service over two programs sends each request to one of
them by chance.`,
		Fix: "give each workload a label of its own, in its selector and template",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
			"https://kubernetes.io/docs/concepts/services-networking/service/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			o := pod.Object
			selector := o.At("spec", "selector")
			if !o.Is("apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") || selector.Len() == 0 {
				continue
			}
			for _, other := range p.Index.PodsIn(p.Index.Namespace(o)) {
				if other.Object != o && controller(other.Object) && index.Matches(selector, other.Labels()) {
					p.Add(rule.Problem{At: selector, Evidence: other.Object.Key.String(),
						Message: fmt.Sprintf("%s also selects the pods of %s: they fight over them", o, other.Object),
						Related: []result.Related{rule.See(other.Labels(), "the labels of %s", other.Object)}})
				}
			}
		}
		for _, s := range p.Index.Kind("", "Service") {
			checkMixed(p, s)
		}
	},
}

// checkMixed reports a Service for whose ports two of the selected workloads
// have different meanings. Workloads that declare no port say nothing.
func checkMixed(p *rule.Pass, s *manifest.Object) {
	for port := range s.At("spec", "ports").Items() {
		at := targetPort(port)
		var first manifest.Pod
		meaning := ""
		for _, pod := range selected(p.Index, s) {
			m := portMeaning(pod, at.Str())
			switch {
			case m == "" || runsToEnd(pod.Object):
			case meaning == "":
				first, meaning = pod, m
			case m != meaning:
				p.Add(rule.Problem{At: s.At("spec", "selector"), Evidence: at.Str(),
					Message: fmt.Sprintf("%s selects the pods of %s and %s, for which port %q is not the same: chance decides who answers", s, first.Object, pod.Object, at.Str()),
					Related: []result.Related{rule.See(pod.Labels(), "the labels of %s", pod.Object)}})
				return
			}
		}
	}
}

// portMeaning is the name and number of the pod's port: "none" if it declares
// others only, "" if it declares no port.
func portMeaning(pod manifest.Pod, port string) string {
	meaning := ""
	for c := range pod.Containers() {
		if at, ok := c.Port(port); ok {
			return at.At("name").Str() + ":" + at.At("containerPort").Str()
		}
		if c.At("ports").Len() > 0 {
			meaning = "none"
		}
	}
	return meaning
}
