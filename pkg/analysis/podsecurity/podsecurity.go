// Package podsecurity evaluates the Pod Security Standards as Kubernetes'
// admission does: which controls of a level, as of a version, a pod template
// breaks. The verdict of each control equals that of k8s.io/pod-security-
// admission, which the tests run beside it; the rules of the family pod are
// stricter or laxer on purpose in places, and this package is not.
package podsecurity

import (
	"regexp"
	"strconv"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Level is a Pod Security level.
type Level string

// The levels.
const (
	Privileged Level = "privileged"
	Baseline   Level = "baseline"
	Restricted Level = "restricted"
)

// ParseLevel reads a level. A value that is none counts as restricted, as it
// does for the API server.
func ParseLevel(s string) (l Level, ok bool) {
	switch l = Level(s); l {
	case Privileged, Baseline, Restricted:
		return l, true
	}
	return Restricted, false
}

// Policy is a level as of a version.
type Policy struct {
	Level Level
	Minor int
}

// check is one control in one range of versions.
type check struct {
	since, until int // minor versions, until excluded; 0: still in force
	// broken returns the fields at fault, absent ones included.
	broken func(pod manifest.Pod) []manifest.Place
}

// Control is one control of the standards.
type Control struct {
	// ID is upstream's name for the check.
	ID string
	// Reason is upstream's short text of what is forbidden.
	Reason string
	Level  Level

	checks []check
	// overrides is the baseline control that this one takes the place of.
	overrides string
}

// at is the check in force in the minor version.
func (c *Control) at(minor int) *check {
	for i := range c.checks {
		k := &c.checks[i]
		if minor >= k.since && (k.until == 0 || minor < k.until) {
			return k
		}
	}
	return nil
}

// Violation is a control that a pod breaks, with the fields at fault.
type Violation struct {
	Control *Control
	At      []manifest.Place
}

// Controls lists all controls: baseline first, each level by id.
func Controls() []Control { return controls }

// Of lists the controls that a policy consists of.
func (p Policy) Of() []*Control {
	if p.Level == Privileged {
		return nil
	}
	overridden := map[string]bool{}
	for i := range controls {
		if c := &controls[i]; p.Level == Restricted && c.overrides != "" && c.at(p.Minor) != nil {
			overridden[c.overrides] = true
		}
	}
	var out []*Control
	for i := range controls {
		c := &controls[i]
		if c.at(p.Minor) == nil || overridden[c.ID] || c.Level == Restricted && p.Level != Restricted {
			continue
		}
		out = append(out, c)
	}
	return out
}

// Check is the fields at fault for one control as of a version.
func (c *Control) Check(minor int, pod manifest.Pod) []manifest.Place {
	if k := c.at(minor); k != nil {
		return k.broken(pod)
	}
	return nil
}

// Evaluate lists the controls of the policy that the pod breaks.
func (p Policy) Evaluate(pod manifest.Pod) []Violation {
	var out []Violation
	for _, c := range p.Of() {
		if at := c.Check(p.Minor, pod); len(at) > 0 {
			out = append(out, Violation{c, at})
		}
	}
	return out
}

// Label is the namespace's label for a mode: enforce, audit or warn.
func Label(ns *manifest.Object, mode string) manifest.Place {
	return ns.Labels().At("pod-security.kubernetes.io/" + mode)
}

var pinned = regexp.MustCompile(`^v1\.(0|[1-9][0-9]*)$`)

// PolicyOf is the policy that a namespace's labels enforce on a cluster of the
// version; ok is false where they set no level. As for the API server, a value
// that is no level counts as restricted, and one that is no version, or a later
// one than the cluster's, as the cluster's.
func PolicyOf(ns *manifest.Object, cluster index.Version) (p Policy, ok bool) {
	at := Label(ns, "enforce")
	if !at.Exists() {
		return Policy{}, false
	}
	p.Level, _ = ParseLevel(at.Str())
	p.Minor = cluster.Minor
	if m := pinned.FindStringSubmatch(Label(ns, "enforce-version").Str()); m != nil {
		if v, err := strconv.Atoi(m[1]); err == nil {
			p.Minor = min(v, cluster.Minor)
		}
	}
	return p, true
}
