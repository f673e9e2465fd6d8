// Package attack joins what other analyzers found in a target into ways from
// outside of the cluster to power over it: a workload that answers from outside,
// what makes it easy to take, whom it reaches from there, and what that one
// holds. It finds nothing by itself, so that what is switched off or accepted is
// no step of a path, and runs after all others. For each workload that holds
// something the easiest way is told; triage ranks the ways of all targets.
package attack

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/exposure"
	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Analyzer makes the attack paths of each target, an analyzer without rules.
type Analyzer struct{}

// Name is the analyzer's name.
func (Analyzer) Name() string { return "attack paths" }

// Rules is empty.
func (Analyzer) Rules() []result.Rule { return nil }

// power is what a finding of a rule gives an attacker who has the pod.
type power struct {
	goal     string
	severity result.Severity
}

// powers are the rules whose findings give more than the pod.
var powers = map[string]power{
	"workload-reaches-cluster-admin":   {"cluster-admin", result.Critical},
	"privileged-container":             {"the node", result.Critical},
	"container-runtime-socket-mounted": {"the node", result.Critical},
	"sensitive-host-path-mounted":      {"the node", result.Critical},
	"windows-host-process":             {"the node", result.Critical},
	"dangerous-capability-added":       {"the node", result.High},
	"cloud-credentials-host-mounted":   {"the node's credentials", result.High},
	"workload-reads-all-secrets":       {"every Secret", result.High},
	"workload-reaches-namespace-admin": {"a namespace", result.High},
}

// weak are the rules that say that a container holds little back.
var weak = []string{
	"runs-as-root-user", "run-as-non-root", "allow-privilege-escalation", "host-pid-namespace", "host-network-namespace",
	"host-path-writable", "seccomp-unconfined", "apparmor-unconfined",
}

// joiner is one target's.
type joiner struct {
	x        *index.Index
	exposure *exposure.Exposure
	found    map[result.Key][]*result.Finding
}

// entrance is a workload that answers from outside.
type entrance struct {
	pod   manifest.Pod
	steps []result.AttackStep
	easy  int
	taken bool // by a known fault, or as it asks for no login
}

// holder is a workload with findings that give more than the pod.
type holder struct {
	pod   manifest.Pod
	gives []result.AttackStep
	goals []power
}

// Analyze adds the target's paths.
func (Analyzer) Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error {
	found := sink.Found()
	if !slices.ContainsFunc(found, func(f result.Finding) bool {
		return powers[f.Rule].goal != "" || f.Rule == "unauthenticated-admin-service" || f.Vulnerability != nil
	}) {
		return nil
	}
	j := &joiner{x: x, exposure: exposure.Of(x), found: map[result.Key][]*result.Finding{}}
	for i := range found {
		f := &found[i]
		j.found[f.Object] = append(j.found[f.Object], f)
	}
	var in []entrance
	var holders []holder
	for _, pod := range x.Pods() {
		if ways := j.exposure.Outside(pod); len(ways) > 0 {
			in = append(in, j.entrance(pod, ways))
		}
		if h := j.holder(pod); len(h.goals) > 0 {
			holders = append(holders, h)
		}
	}
	slices.SortStableFunc(in, func(a, b entrance) int { return cmp.Compare(b.easy, a.easy) })
	direct := map[*manifest.Object]bool{}
	for _, e := range in {
		direct[e.pod.Object] = true
	}
	for _, h := range holders {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, e := range in {
			var over []result.AttackStep
			if e.pod.Object != h.pod.Object {
				if direct[h.pod.Object] {
					continue // it needs no other
				}
				step, ok := j.reaches(e.pod, h.pod)
				if !ok {
					continue
				}
				over = append(over, step)
			}
			for i, g := range h.goals {
				sink.Path(j.path(e, h.pod, g, slices.Concat(e.steps, over, []result.AttackStep{h.gives[i]})))
			}
			break
		}
	}
	for _, e := range in {
		if e.taken && !slices.ContainsFunc(holders, func(h holder) bool { return h.pod.Object == e.pod.Object }) {
			// What takes the pod is the goal, and so the last step.
			steps := slices.DeleteFunc(slices.Clone(e.steps), func(s result.AttackStep) bool { return s.Kind == result.StepWeak })
			sink.Path(j.path(e, e.pod, power{"the workload", result.High}, steps))
		}
	}
	return nil
}

func (j *joiner) path(e entrance, last manifest.Pod, g power, steps []result.AttackStep) result.AttackPath {
	title := fmt.Sprintf("from outside to %s over %s", g.goal, e.pod.Object)
	if last.Object != e.pod.Object {
		title += " and " + last.Object.String()
	}
	return result.AttackPath{Severity: g.severity, Title: title, Goal: g.goal, Targets: []string{j.x.Target.Name}, Steps: steps}
}

// entrance is how the workload is reached, and what makes it easy to take.
func (j *joiner) entrance(pod manifest.Pod, ways []exposure.Entry) entrance {
	e := entrance{pod: pod, steps: []result.AttackStep{{
		Kind: result.StepExposed, Object: pod.Object.Key, Nodes: ways[0].Nodes, Places: ways[0].Related(),
		Message: fmt.Sprintf("%s answers on %s", pod.Object, exposure.Addresses(ways)),
	}}}
	if !ways[0].Nodes {
		e.easy++
	}
	add := func(kind result.StepKind, worth int, is func(*result.Finding) bool) {
		if s, ok := j.step(kind, pod, is); ok {
			e.steps, e.easy = append(e.steps, s), e.easy+worth
		}
	}
	before := e.easy
	add(result.StepVulnerable, 4, func(f *result.Finding) bool { return f.Vulnerability != nil && f.Severity >= result.High })
	add(result.StepOpen, 8, func(f *result.Finding) bool { return f.Rule == "unauthenticated-admin-service" })
	e.taken = e.easy > before
	add(result.StepWeak, 2, func(f *result.Finding) bool { return slices.Contains(weak, f.Rule) })
	return e
}

// holder is what the workload gives: for each goal the findings that say so.
func (j *joiner) holder(pod manifest.Pod) holder {
	h := holder{pod: pod}
	for _, f := range j.found[pod.Object.Key] {
		g := powers[f.Rule]
		if g.goal == "" || f.Severity < result.High { // a read-only look at the node, for one
			continue
		}
		i := slices.IndexFunc(h.goals, func(o power) bool { return o.goal == g.goal })
		if i >= 0 {
			h.goals[i].severity = max(h.goals[i].severity, g.severity)
			continue
		}
		s, _ := j.step(result.StepPower, pod, func(o *result.Finding) bool { return powers[o.Rule].goal == g.goal && o.Severity >= result.High })
		h.goals, h.gives = append(h.goals, g), append(h.gives, s)
	}
	return h
}

// places is how many lines of one step are shown.
const places = 8

// step makes one of the findings about the workload that are meant; ok is false
// if there is none.
func (j *joiner) step(kind result.StepKind, pod manifest.Pod, is func(*result.Finding) bool) (s result.AttackStep, ok bool) {
	var fs []*result.Finding
	for _, f := range j.found[pod.Object.Key] {
		if is(f) {
			fs = append(fs, f)
		}
	}
	if len(fs) == 0 {
		return s, false
	}
	slices.SortStableFunc(fs, func(a, b *result.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	s = result.AttackStep{Kind: kind, Object: pod.Object.Key, Message: fs[0].Message}
	if len(fs) > 1 {
		s.Message += fmt.Sprintf(", and %d more", len(fs)-1)
	}
	for _, f := range fs {
		s.Findings = append(s.Findings, f.Fingerprint)
		if len(s.Places) < places {
			s.Places = append(s.Places, result.Related{Location: f.Loc, Message: f.Rule})
		}
	}
	for _, r := range fs[0].Related {
		if kind == result.StepPower && len(s.Places) < places {
			s.Places = append(s.Places, r)
		}
	}
	return s, true
}

// reaches is the step over the network from one workload to a port that
// another serves.
func (j *joiner) reaches(from, to manifest.Pod) (s result.AttackStep, ok bool) {
	r := netpol.ReachOf(j.x)
	a, b := r.ClassOf(from), r.ClassOf(to)
	if a == nil || b == nil {
		return s, false
	}
	open := r.Between(a, b, netpol.AtMost).And(j.served(to))
	if open.Empty() {
		return s, false
	}
	s = result.AttackStep{Kind: result.StepReaches, Object: to.Object.Key, Message: fmt.Sprintf("it reaches %s on %s", to.Object, open)}
	if b.Host || !r.Isolated(b, netpol.Ingress) {
		s.Message += ", as no policy isolates it"
		s.Places = []result.Related{{Location: to.Object.At("metadata", "name").Location(), Message: "no policy selects it"}}
		return s, true
	}
	for _, why := range r.Explain(b, netpol.Ingress, netpol.Peer{Class: a}, netpol.AtMost) {
		if why.Allowed && !why.Ports.And(open).Empty() {
			s.Message += fmt.Sprintf(", as %s allows", why.Policy.Object)
			s.Places = []result.Related{{Location: why.At.Location(), Message: why.Policy.Object.String() + " allows it"}}
			break
		}
	}
	return s, true
}

// served are the ports of the pod that are declared, by itself or a Service.
func (j *joiner) served(pod manifest.Pod) netpol.Ports {
	var out netpol.Ports
	for c := range pod.Containers() {
		for p := range c.At("ports").Items() {
			if n, ok := p.At("containerPort").Int(); ok {
				out = out.Or(netpol.PortsNamed(p.At("protocol").Str(), int(n)))
			}
		}
	}
	namespace := j.x.Namespace(pod.Object)
	for _, s := range j.x.Kind("", "Service") {
		if j.x.Namespace(s) == namespace && index.MatchesMap(s.At("spec", "selector"), pod.Labels()) {
			for _, t := range route.Targets(s, "", pod) {
				out = out.Or(netpol.PortsNamed(t.Protocol, t.Number))
			}
		}
	}
	return out
}
