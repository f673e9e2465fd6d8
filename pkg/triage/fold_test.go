package triage

import (
	"maps"
	"slices"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Production is privileged, the others only allow escalation: each says what it
// is.
func TestFoldRulesTargets(t *testing.T) {
	at := func(rule string, targets ...string) result.Finding {
		return result.Finding{Rule: rule, Object: result.Key{Kind: "Pod", Name: "p"}, Container: "a", Field: "spec.containers[a].securityContext.x", Targets: targets}
	}
	r := &result.Report{Findings: []result.Finding{at("allow-privilege-escalation", "prod", "test"), at("privileged-container", "prod")}}
	foldRules(nil, r)
	got := map[string][]string{}
	for _, f := range r.Findings {
		got[f.Rule] = f.Targets
	}
	want := map[string][]string{"allow-privilege-escalation": {"test"}, "privileged-container": {"prod"}}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFoldRules(t *testing.T) {
	at := func(rule, container, field string) result.Finding {
		return result.Finding{Rule: rule, Object: result.Key{Kind: "Pod", Name: "p"}, Container: container, Field: field,
			Loc: result.Location{Primary: source.LineSpan("p.yaml", 3)}, Targets: []string{"t"}, Message: "m"}
	}
	leak := at("secret-aws-access-key", "", "env")
	leak.Leak = &result.Leak{}
	for name, c := range map[string]struct {
		in   []result.Finding
		want int
	}{
		"one container": {[]result.Finding{
			at("privileged-container", "a", "spec.containers[0].securityContext.privileged"),
			at("allow-privilege-escalation", "a", "spec.containers[0].securityContext.allowPrivilegeEscalation")}, 1},
		"two containers": {[]result.Finding{
			at("privileged-container", "a", "spec.containers[0].securityContext.privileged"),
			at("allow-privilege-escalation", "b", "spec.containers[1].securityContext.allowPrivilegeEscalation")}, 2},
		"two capabilities": {[]result.Finding{
			at("dangerous-capability-added", "a", "spec.containers[0].securityContext.capabilities.add[0]"),
			at("capability-added", "a", "spec.containers[0].securityContext.capabilities.add[1]")}, 2},
		"one capability, three rules": {[]result.Finding{
			at("restricted-capability-added", "a", "spec.containers[0].securityContext.capabilities.add[0]"),
			at("dangerous-capability-added", "a", "spec.containers[0].securityContext.capabilities.add[0]"),
			at("capability-added", "a", "spec.containers[0].securityContext.capabilities.add[0]")}, 1},
		"a leak and the rule about its place": {[]result.Finding{leak, at("secret-in-env-value", "a", "spec.containers[0].env[0].value")}, 1},
		"another rule on the leak's line":     {[]result.Finding{leak, at("memory-limit-missing", "a", "spec.containers[0]")}, 2},
	} {
		r := &result.Report{Findings: c.in}
		foldRules(nil, r)
		if len(r.Findings) != c.want {
			t.Errorf("%s: %d findings, want %d: %+v", name, len(r.Findings), c.want, r.Findings)
		}
		if c.want == 1 && len(r.Findings) == 1 && len(r.Findings[0].Related) == 0 {
			t.Errorf("%s: the finding names no other rule", name)
		}
	}
}
