package rule

import (
	"fmt"
	"regexp"

	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Pass is what a rule sees while it runs: the index, its parameters, and
// Report.
type Pass struct {
	Index  *index.Index
	Params any // what Rule.Params returned, configured

	rbac      func() *rbac.Permissions
	rule      *Rule
	severity  result.Severity
	sink      *result.Sink
	container *manifest.Container // that Rule.Container is looking at
}

// RBAC is what the target's service accounts may do, worked out at the first
// call and shared by all rules.
func (p *Pass) RBAC() *rbac.Permissions { return p.rbac() }

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
	// Evidence tells two faults of one field apart, across edits. Never a
	// secret, a line or wording.
	Evidence string
	// Severity moves this finding off the rule's base severity.
	Severity *result.Severity
	Related  []result.Related
}

// Add is Report with options.
func (p *Pass) Add(pr Problem) {
	o := pr.At.Object()
	container, evidence := containerOf(pr.At.Stable()), pr.Evidence
	if p.container != nil && container != p.container.Name {
		// A field of the pod, reported for each container that inherits it.
		container = p.container.Name
		evidence += "\x00" + container
	}
	f := result.Finding{
		Rule: p.rule.ID, Severity: p.severity,
		Message: pr.Message, Fix: pr.Fix,
		Object: o.Key, Field: pr.At.Path(), Container: container,
		Loc: pr.At.Location(), Related: pr.Related,
		Targets:     []string{p.Index.Target.Name},
		Fingerprint: result.Fingerprint(p.rule.ID, o.Key, pr.At.Stable(), evidence),
	}
	if f.Fix == "" {
		f.Fix = p.rule.Fix
	}
	if pr.Severity != nil {
		f.Severity = *pr.Severity
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
