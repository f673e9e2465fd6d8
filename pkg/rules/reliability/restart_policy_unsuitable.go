package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RestartPolicyUnsuitable reports restart policies that the API refuses for the
// workload, and pods that stay down.
var RestartPolicyUnsuitable = &rule.Rule{
	Meta: rule.Meta{
		ID: "restart-policy-unsuitable", Severity: result.High, Since: "0.1",
		Title: "Restart policy does not fit the workload",
		Why: `Controllers that keep pods running accept only Always; jobs accept only
OnFailure and Never, and the default is Always. The API server refuses the
object. A bare pod with Never stays down after its first failure.`,
		Fix:  "set restartPolicy to Always (or remove it) for long-running workloads, to OnFailure or Never for jobs",
		Want: "OnFailure",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		at, o := pod.Spec.At("restartPolicy"), pod.Object
		policy := at.Str()
		always := policy == "" || policy == "Always"
		switch {
		case controller(o) && !always:
			p.Add(rule.Problem{At: at, Want: "Always", Message: fmt.Sprintf("%s has restartPolicy %q: the API server accepts only Always there", o, policy)})
		case o.Is("batch", "Job", "CronJob") && always:
			p.Report(at, "%s has restartPolicy Always, by default or by its own: the API server accepts only OnFailure and Never there", o)
		case o.Is("", "Pod") && policy == "Never" && !o.Annotations().At("helm.sh/hook").Exists():
			low := result.Low
			p.Add(rule.Problem{At: at, Want: rule.NoWant, Severity: &low, Message: fmt.Sprintf("%s has restartPolicy Never: once it fails it stays down", o)})
		}
	},
}
