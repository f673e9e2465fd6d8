package netpol

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Violation is an intent that does not hold in a target, for one end of it.
type Violation struct {
	Number int // of the intent, from 1
	Intent *intent.Intent
	// From and To are the flows that are open or closed against the intent:
	// names for people, the first ones of Flows.
	From, To string
	Flows    int
	Ports    Ports
	// At is the line that opens or closes the flow; where there is none, the
	// name of the workload that no policy isolates.
	At     manifest.Place
	Policy *manifest.Object // nil if it is the absence of one
	Opens  bool
	// Doubtful says that the flow is open only as far as could be told.
	Doubtful bool
	key      string
}

// Key tells violations of one intent apart, across edits of policies.
func (v *Violation) Key() string { return v.key }

// Verify checks the intents against the target, and tells the list which
// sides the target has.
func (r *Reach) Verify(l *intent.List, x *index.Index) []Violation {
	var out []Violation
	for n := range l.Items() {
		it := &l.Items()[n]
		word, f := it.Flow()
		from, to := f.From.Parse(), f.To.Parse()
		var except []intent.Parsed
		for _, e := range f.Except {
			except = append(except, e.Parse())
		}
		for side, s := range f.Sides() {
			for _, e := range r.ends(s.Parse(), nil) {
				if len(e.pods) > 0 {
					l.Saw(x.Target.Name, intent.Seat{n, side})
				}
			}
		}
		sources := r.ends(from, except)
		if word == "only" {
			sources = r.ends(intent.Parsed{Namespace: "*", Name: "*"}, append(except, from))
		}
		check := r.opened
		if word == "allow" {
			check = r.closed
		}
		if !to.Pods() {
			for _, s := range sources {
				targets := r.addresses(to, s.class, Egress)
				if word == "allow" && to.Kind != intent.Block {
					targets = r.mostOpen(f.Port, s, targets)
				}
				for _, t := range targets {
					out = append(out, check(n, it, []end{s}, t, r.wanted(f.Port, t))...)
				}
			}
			continue
		}
		for _, t := range r.ends(to, nil) {
			wanted := r.wanted(f.Port, t)
			if len(t.pods) == 0 || wanted.Empty() {
				continue // whoever comes is judged when it is there
			}
			all := sources
			switch {
			case word == "only":
				all = append(slices.Clip(all), r.others(append(except, from), t.class, Ingress)...)
			case !from.Pods() && word == "allow" && from.Kind == intent.Internet:
				all = r.mostOpenFrom(wanted, r.addresses(from, t.class, Ingress), t)
			case !from.Pods():
				all = r.addresses(from, t.class, Ingress)
			}
			out = append(out, check(n, it, all, t, wanted)...)
		}
	}
	return merge(out)
}

// mostOpen is the address that the source reaches at most: an intent to allow
// the internet holds if a part of it is in reach.
func (r *Reach) mostOpen(port intent.Port, from end, targets []end) []end {
	for _, t := range targets {
		if !r.flow(from, t, AtMost).And(r.wanted(port, t)).Empty() {
			return []end{t}
		}
	}
	return targets[:min(1, len(targets))]
}

// mostOpenFrom is the like for the internet as the source.
func (r *Reach) mostOpenFrom(wanted Ports, sources []end, to end) []end {
	for _, s := range sources {
		if !r.flow(s, to, AtMost).And(wanted).Empty() {
			return []end{s}
		}
	}
	return sources[:min(1, len(sources))]
}

// opened are the flows to one end that are open against the intent, those that
// one line opens together.
func (r *Reach) opened(n int, it *intent.Intent, sources []end, to end, wanted Ports) []Violation {
	var out []Violation
	for _, from := range sources {
		if from.class != nil && from.class == to.class && len(to.pods) == 1 {
			if from.pods = without(from.pods, to.pods); len(from.pods) == 0 {
				continue // replicas among themselves
			}
		}
		if from.class == nil && to.class == nil || from.class != nil && from.class.Host && to.class == nil {
			continue
		}
		open := r.flow(from, to, AtMost).And(wanted)
		if open.Empty() {
			continue
		}
		v := Violation{Number: n + 1, Intent: it, From: from.name(), To: to.name(), Flows: 1, Ports: open, Opens: true}
		v.Doubtful = r.flow(from, to, Surely).And(wanted).Empty()
		// The target's own policies are to blame, or the source's towards
		// what is no pod.
		subject, d, peer := to.class, Ingress, from.peer()
		if to.class == nil || to.class.Host {
			subject, d, peer = from.class, Egress, to.peer()
		}
		if subject == nil {
			continue
		}
		subjectEnd := to
		if subject != to.class {
			subjectEnd = from
		}
		v.At, v.key = subjectEnd.place(subject), it.Key()+"\x00"+subjectEnd.name()
		for _, s := range r.Explain(subject, d, peer, AtMost) {
			if s.Allowed && !s.Ports.And(open).Empty() {
				v.At, v.Policy = s.At, s.Policy.Object
				break
			}
		}
		if v.At.Object() == nil {
			continue // a stranger in the open: somebody else's to isolate
		}
		out = append(out, v)
	}
	return out
}

// closed are the flows that the intent wants and a policy stops.
func (r *Reach) closed(n int, it *intent.Intent, sources []end, to end, wanted Ports) []Violation {
	var out []Violation
	for _, from := range sources {
		if from.class != nil && len(from.pods) == 0 {
			continue
		}
		missing := wanted.Minus(r.flow(from, to, AtMost))
		_, f := it.Flow()
		if missing.Empty() || f.Port.All() && len(wanted.Minus(missing)[TCP]) > 0 {
			continue // any port will do where none is named
		}
		v := Violation{Number: n + 1, Intent: it, From: from.name(), To: to.name(), Flows: 1, Ports: missing}
		blame := func(subject *Class, d Direction, peer Peer) bool {
			if subject == nil {
				return false
			}
			for _, s := range r.Explain(subject, d, peer, AtMost) {
				if !s.Allowed && !s.Passed && !s.Ports.And(missing).Empty() {
					v.At, v.Policy = s.At, s.Policy.Object
					return true
				}
			}
			return false
		}
		if blame(from.class, Egress, to.peer()) || blame(to.class, Ingress, from.peer()) {
			v.key = it.Key() + "\x00" + v.From + "\x00" + v.To
			out = append(out, v)
		}
	}
	return out
}

func (e end) name() string {
	switch {
	case e.class == nil:
		if Public(e.addr) {
			return "internet"
		}
		return e.addr.String()
	case len(e.pods) > 0:
		return workloadName(e.class.Namespace, e.pods[0])
	}
	return e.class.Name()
}

func workloadName(namespace string, p manifest.Pod) string {
	return namespace + "/" + p.Object.Key.Name
}

// place is where an end that no policy isolates is written.
func (e end) place(c *Class) manifest.Place {
	if len(e.pods) > 0 {
		return e.pods[0].Object.At("metadata", "name")
	}
	if len(c.Pods) > 0 {
		return c.Pods[0].Object.At("metadata", "name")
	}
	return manifest.Place{}
}

// merge makes one violation of those that one line is to blame for at one end.
func merge(vs []Violation) []Violation {
	var out []Violation
	at, counted := map[string]int{}, map[string]bool{}
	for _, v := range vs {
		group, other := v.From, v.To
		if v.Opens {
			group, other = v.To, v.From
		}
		k := fmt.Sprintf("%d %t %q %q %p", v.Number, v.Opens, group, v.At.Path(), v.At.Object())
		if i, ok := at[k]; ok {
			o := &out[i]
			if !counted[k+other] {
				counted[k+other] = true
				o.Flows++
			}
			o.Ports = o.Ports.Or(v.Ports)
			o.Doubtful = o.Doubtful && v.Doubtful
			continue
		}
		at[k], counted[k+other] = len(out), true
		out = append(out, v)
	}
	return out
}
