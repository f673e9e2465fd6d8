package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// reached gathers the workloads that one line of a policy lets reach something.
type reached struct {
	at     manifest.Place
	policy *manifest.Object
	what   string
	pods   []manifest.Pod
}

// reachedThrough groups workloads under egress policies by the line that lets
// them reach a peer, in order of the first workload.
func reachedThrough(r *netpol.Reach, probe func(*netpol.Class) (peer netpol.Peer, ports netpol.Ports, what string)) []*reached {
	var out []*reached
	at := map[string]*reached{}
	for _, c := range r.Classes {
		if len(c.Pods) == 0 || c.Host || !r.Isolated(c, netpol.Egress) {
			continue
		}
		peer, ports, what := probe(c)
		if ports.Empty() {
			continue
		}
		for _, s := range r.Explain(c, netpol.Egress, peer, netpol.Surely) {
			if !s.Allowed || s.Ports.And(ports).Empty() {
				continue
			}
			k := fmt.Sprintf("%p %s %s", s.At.Object(), s.At.Path(), what)
			if at[k] == nil {
				at[k] = &reached{at: narrow(s.At, peer), policy: s.Policy.Object, what: what}
				out = append(out, at[k])
			}
			at[k].pods = append(at[k].pods, c.Pods...)
			break
		}
	}
	return out
}

// narrow is the block of addresses in a rule that holds the peer, or the rule.
func narrow(r manifest.Place, peer netpol.Peer) manifest.Place {
	for at := range r.Scalars() {
		if netpol.Holds(at.Str(), peer) {
			return at
		}
	}
	return r
}

// through says by what a rule opens, for messages.
func (v *reached) through() string {
	if v.at.Str() != "" {
		return fmt.Sprintf("the %s rule of %q", v.at.Str(), v.policy.Key.Name)
	}
	return v.policy.String()
}

// who names the workloads: the first, and how many more.
func who(pods []manifest.Pod) string {
	if len(pods) == 1 {
		return pods[0].Object.String()
	}
	return fmt.Sprintf("%s and %d more", pods[0].Object, len(pods)-1)
}

// seePods lists the workloads as related places.
func seePods(pods []manifest.Pod, format string) []result.Related {
	var out []result.Related
	for _, p := range pods[:min(len(pods), maxRelated)] {
		out = append(out, rule.See(p.Object.At("metadata", "name"), format, p.Object))
	}
	return out
}
