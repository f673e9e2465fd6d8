package rule

import (
	"cmp"
	"fmt"
	"regexp"

	"github.com/kustoms-dev/kustoms/pkg/analysis/exposure"
	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Pass is what a rule sees while it runs: the index, its parameters, and
// Report.
type Pass struct {
	Index  *index.Index
	Params any // what Rule.Params returned, configured

	synthetic func(string) bool
	intents   *intent.List
	rule      *Rule
	severity  result.Severity
	sink      *result.Sink
	wants     func(*result.Finding, []Want)
	container *manifest.Container // that Rule.Container is looking at
}

// RBAC is what the target's service accounts may do, worked out at the first
// call and shared by all rules.
func (p *Pass) RBAC() *rbac.Permissions { return rbac.Of(p.Index) }

// Reach is who may reach whom under the target's network policies, worked out
// at the first call and shared by all rules.
func (p *Pass) Reach() *netpol.Reach { return netpol.ReachOf(p.Index) }

// Exposure is which workloads answer from outside of the cluster.
func (p *Pass) Exposure() *exposure.Exposure { return exposure.Of(p.Index) }

// Intents are what the user says of who may reach whom; may be nil.
func (p *Pass) Intents() *intent.List { return p.intents }

// Synthetic reports whether the value is made anew at every installation, and
// stands here only because rendering needs some value.
func (p *Pass) Synthetic(value string) bool { return p.synthetic != nil && p.synthetic(value) }

// Report adds a finding at place. The message is lower case without a full
// stop, names the object or container, and says fact, then consequence.
func (p *Pass) Report(at manifest.Place, format string, args ...any) {
	p.Add(Problem{At: at, Message: fmt.Sprintf(format, args...)})
}

// Problem is a finding with all that a rule may say of it. Only At and
// Message are needed.
type Problem struct {
	At      manifest.Place
	Message string
	// Fix replaces the rule's general advice by one for this place.
	Fix string
	// Want is a value for this place in place of the rule's, of the field
	// WantAt, or At if that is none. NoWant: no value is known to mend it.
	Want   string
	WantAt manifest.Place
	// Also are values that other fields need then, so that no other fault
	// takes the place of this one.
	Also []Want
	// Evidence tells two faults of one field apart, across edits. Never a
	// secret, a line or wording.
	Evidence string
	// Severity moves this finding off the rule's base severity.
	Severity *result.Severity
	Related  []result.Related
	// Leak says that the field holds a secret. The finding then stands on the
	// values line that the field is made from, encoded or not, and is one with
	// those of the secret scanner about the same text.
	Leak bool
	// Namespace is set where the fault is a namespace's, whichever object
	// shows it: another object there does not make it another problem.
	Namespace string
	// Missing is the object whose absence is the fault. The finding falls away
	// if another target of the run renders it.
	Missing result.Key
}

// Want is a field and the value, in YAML, that it is to have.
type Want struct {
	At    manifest.Place
	Value string
}

// NoWant says that a rule's wanted value would not mend this problem.
const NoWant = "-"

// Add is Report with options.
func (p *Pass) Add(pr Problem) {
	o := pr.At.Object()
	container, evidence := containerOf(pr.At.Stable()), pr.Evidence
	if p.container != nil && container != p.container.Name {
		// A field of the pod, reported for each container that inherits it.
		container = p.container.Name
		evidence += "\x00" + container
	}
	if pr.Namespace != "" {
		evidence += "\x00" + pr.Namespace
	}
	loc := pr.At.Location()
	f := result.Finding{
		Rule: p.rule.ID, Severity: p.severity,
		Message: pr.Message, Fix: pr.Fix,
		Object: o.Key, Field: pr.At.Path(), Container: container,
		Loc: loc, Related: pr.Related,
		Targets:     []string{p.Index.Target.Name},
		Fingerprint: o.Fingerprint(p.rule.ID, pr.At.Stable(), evidence, loc.Primary),
	}
	// Where nobody says which namespace a chart goes to, "default" is no name.
	if pr.Namespace != "" && (p.Index.NamespaceKnown(o) || o.Is("", "Namespace")) {
		f.Object, f.Field, f.Container = result.Key{APIVersion: "v1", Kind: "Namespace", Name: pr.Namespace}, "", ""
		f.Fingerprint = result.Fingerprint(p.rule.ID, f.Object, "", pr.Evidence)
	}
	if !pr.Missing.IsZero() {
		f.Missing = &pr.Missing
	}
	if f.Fix == "" {
		f.Fix = p.rule.Fix
	}
	f.Fix = inTermsOfSource(f.Fix, f.Loc)
	if pr.Leak {
		f.Leak = &result.Leak{Generic: true}
		if o, ok := onlyValues(f.Loc); ok {
			f.Loc.Primary = o.Span
		}
	}
	if pr.Severity != nil {
		f.Severity = *pr.Severity
	}
	if want := cmp.Or(pr.Want, p.rule.Want); p.wants != nil && want != "" && want != NoWant {
		at := pr.WantAt
		if at.Object() == nil {
			at = pr.At
		}
		p.wants(&f, append([]Want{{at, want}}, pr.Also...))
	}
	p.sink.Report(f)
}

// Skip tells what of the target the rule could not look at, as a skipped stage
// of the name: without it, silence would look clean.
func (p *Pass) Skip(stage, hint, format string, args ...any) {
	p.sink.Stage(result.Stage{
		Name: stage, Target: p.Index.Target.Name, Status: result.Skipped,
		Reason: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// inTermsOfSource adds to a fix, which names fields of the object, the values
// key that the field is made from: that is what a person edits. Where the
// origin is not proven, or several keys made it, the fix names the field alone.
func inTermsOfSource(fix string, loc result.Location) string {
	if o, ok := onlyValues(loc); ok && loc.Exact {
		return fmt.Sprintf("%s; it is made from the values key %q", fix, o.Key)
	}
	return fix
}

// onlyValues is the one values line in a location's chain.
func onlyValues(loc result.Location) (only result.Origin, ok bool) {
	for _, o := range loc.Chain {
		if o.Role == result.RoleValues && o.Key != "" {
			if ok {
				return only, false
			}
			only, ok = o, true
		}
	}
	return only, ok
}

var containerStep = regexp.MustCompile(`(?:^|\.)(?:containers|initContainers|ephemeralContainers)\[([^\]]*)\]`)

func containerOf(stable string) string {
	if m := containerStep.FindStringSubmatch(stable); m != nil {
		return m[1]
	}
	return ""
}

// See makes a related location of a place.
func See(at manifest.Place, format string, args ...any) result.Related {
	return result.Related{Location: at.Location(), Message: fmt.Sprintf(format, args...)}
}
