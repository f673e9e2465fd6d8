package rbac

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/exposure"
	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ExposedWorkloadHoldsPower reports workloads that answer from outside and hold rights beyond their own work.
var ExposedWorkloadHoldsPower = &rule.Rule{
	Meta: rule.Meta{
		ID: "exposed-workload-holds-power", Severity: result.High, Since: "0.1",
		Title: "Workload that answers from outside holds power",
		Why: `One fault in what answers from outside (a library, a form, a default password)
gives an attacker the pod. Here the pod gives him more: the cluster, a namespace,
other workloads' Secrets, or the node. Each half has its own finding; together
they are a way in.`,
		Fix: "part the two: let a workload without token and privileges answer from outside, and do the powerful work in one that nobody outside reaches",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			ways := p.Exposure().Outside(pod)
			if len(ways) == 0 {
				continue
			}
			held := holdings(p, pod)
			if len(held) == 0 {
				continue
			}
			pr := rule.Problem{At: held[0].at, Related: ways[0].Related(), Evidence: "exposed"}
			var does []string
			for i, h := range held {
				does = append(does, h.does)
				if len(h.steps) > 0 {
					pr.Related = append(pr.Related, h.steps...)
				} else if i > 0 {
					pr.Related = append(pr.Related, rule.See(h.at, "%s %s", pod.Object, h.does))
				}
				if h.severity == result.Critical {
					pr.Severity = &h.severity
				}
			}
			pr.Message = fmt.Sprintf("%s answers on %s and %s", pod.Object, exposure.Addresses(ways), strings.Join(does, ", "))
			p.Add(pr)
		}
	},
}

// holding is what a workload has beyond its own work.
type holding struct {
	does     string
	at       manifest.Place
	steps    []result.Related
	severity result.Severity
}

// holdings lists them, the worst first.
func holdings(p *rule.Pass, pod manifest.Pod) []holding {
	var out []holding
	if path, at := shortest(p, pod, rbac.Node{Kind: rbac.ClusterAdmin}); path != nil {
		out = append(out, holding{"can become cluster-admin", at, steps(path), result.Critical})
	}
	for c := range pod.Containers() {
		if c.Privileged() {
			out = append(out, holding{does: fmt.Sprintf("is privileged in container %q", c.Name), at: c.At("securityContext", "privileged")})
			break
		}
	}
	for _, h := range pod.HostPaths() {
		for _, m := range h.Mounts {
			if !m.ReadOnly() {
				out = append(out, holding{does: fmt.Sprintf("writes to %q of its node", h.At.Str()), at: h.At})
				break
			}
		}
	}
	for _, goal := range p.RBAC().Graph().Goals(rbac.NamespaceAdmin) {
		if goal.Namespace == p.Index.Namespace(pod.Object) && deploys(pod) {
			continue
		}
		if path, at := shortest(p, pod, goal); path != nil {
			out = append(out, holding{does: fmt.Sprintf("can become admin of namespace %q", goal.Namespace), at: at, steps: steps(path)})
			break // one says enough
		}
	}
	for _, a := range p.RBAC().Accounts(pod) {
		if reads := secretReads(p.RBAC().Of(a.Namespace, a.Name), p.Index.Namespace(pod.Object)); len(reads) > 0 {
			pr := secretProblem(pod, a, reads)
			return append(out, holding{does: "may " + strings.TrimSuffix(readsWhere(reads[0]), ","), at: a.At, steps: pr.Related})
		}
	}
	return out
}
