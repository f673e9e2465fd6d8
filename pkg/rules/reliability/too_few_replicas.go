package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ReplicasParams are the parameters of too-few-replicas.
type ReplicasParams struct {
	// Minimum is the least number of replicas.
	Minimum int64 `yaml:"minimum"`
}

// TooFewReplicas reports workloads that one lost node or one rollout can take
// down.
var TooFewReplicas = &rule.Rule{
	Meta: rule.Meta{
		ID: "too-few-replicas", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Workload runs in too few replicas",
		Why: `One replica is gone while its node is drained, fails or is replaced. Programs
that elect a leader or may only run once are right to have one; suppress the
finding there.`,
		Fix: "set spec.replicas, or the autoscaler's minReplicas, to the minimum or more",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#replicas",
		},
	},
	Params: func() any { return &ReplicasParams{Minimum: 2} },
	Universe: func(p *rule.Pass) {
		minimum := p.Params.(*ReplicasParams).Minimum
		scaled := scalers(p.Index)
		for _, o := range p.Index.Objects {
			if at := o.At("spec", "replicas"); scalable(o) && scaled[o] == nil && replicas(o) < minimum {
				p.Report(at, "%s runs in %d replicas, the minimum is %d: it is down while one is replaced", o, replicas(o), minimum)
			}
			if at := o.At("spec", "minReplicas"); isHPA(o) && leastReplicas(o) < minimum {
				p.Report(at, "%s goes down to %d replicas, the minimum is %d: its target is down while one is replaced", o, leastReplicas(o), minimum)
			}
		}
	},
}
