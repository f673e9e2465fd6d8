package triage

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// implied lists, for a rule, those that it makes superfluous where both speak
// of one thing: what the weaker asks for follows from mending the stronger.
// Most rules see to that themselves; here are the pairs that meet only in a
// report, because one of them is an analyzer's own or sees another object.
var implied = map[string][]string{
	"privileged-container":             {"allow-privilege-escalation"},
	"runs-as-root-user":                {"run-as-non-root"},
	"dangerous-capability-added":       {"capability-added", "restricted-capability-added"},
	"capability-added":                 {"restricted-capability-added"},
	"sensitive-host-path-mounted":      {"host-path-writable", "host-path-volume"},
	"host-path-writable":               {"host-path-volume"},
	"wildcard-all-permissions":         {"wildcard-resources", "wildcard-verbs"},
	"container-runtime-socket-mounted": {"sensitive-host-path-mounted", "host-path-writable", "host-path-volume"},
	"image-mutable-tag":                {"image-digest-missing"},
	"image-end-of-life":                {"image-base-end-of-life"},
}

// aboutSecret are the rules that see a credential where it does not belong. A
// finding that knows the credential itself, and its line, says more.
var aboutSecret = map[string]bool{
	"secret-in-env-value": true, "secret-in-config-map": true, "secret-in-container-args": true,
	"secret-data-committed": true, "encryption-key-committed": true,
}

// foldRules keeps, of two rules' findings about one thing, the more specific
// one, which names the other.
func foldRules(_ *Options, r *result.Report) {
	type place struct {
		object    result.Key
		container string
	}
	type spot struct {
		rule string
		at   source.Span
	}
	weaker := map[string]bool{}
	for _, ws := range implied {
		for _, w := range ws {
			weaker[w] = true
		}
	}
	byPlace := map[place][]int{}
	leaks := map[string][]int{} // by path
	for i := range r.Findings {
		f := &r.Findings[i]
		if implied[f.Rule] != nil {
			byPlace[place{f.Object, f.Container}] = append(byPlace[place{f.Object, f.Container}], i)
		}
		if f.Leak != nil {
			leaks[f.Loc.Primary.Path] = append(leaks[f.Loc.Primary.Path], i)
		}
	}
	drop := map[int]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if weaker[f.Rule] {
			for _, j := range byPlace[place{f.Object, f.Container}] {
				s := &r.Findings[j]
				if drop[j] || !slices.Contains(implied[s.Rule], f.Rule) || !sameField(s, f) && (f.Image == nil || s.Loc.Primary != f.Loc.Primary) {
					continue
				}
				// A target that only has the weaker fault keeps it.
				rest := without(f.Targets, s.Targets)
				if len(rest) == len(f.Targets) && len(rest) > 0 {
					continue
				}
				mention(s, f)
				if f.Targets = rest; len(rest) == 0 {
					drop[i] = true
					break
				}
			}
		}
		if f.Leak == nil && aboutSecret[f.Rule] {
			for _, j := range leaks[f.Loc.Primary.Path] {
				if s := &r.Findings[j]; overlap(s.Loc.Primary, f.Loc.Primary) {
					mention(s, f)
					s.Targets = append(s.Targets, without(f.Targets, s.Targets)...)
					slices.Sort(s.Targets)
					drop[i] = true
					break
				}
			}
		}
	}
	out := r.Findings[:0]
	for i, f := range r.Findings {
		if !drop[i] {
			out = append(out, f)
		}
	}
	r.Findings = out
}

// mention adds to s that the weaker finding f says the same.
func mention(s, f *result.Finding) {
	s.Related = append(s.Related, result.Related{Location: f.Loc, Message: "the same fault by " + f.Rule + ": " + f.Message})
	s.Severity = max(s.Severity, f.Severity)
	s.On = append(s.On, f.On...)
}

// without lists what is in all and not in some.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(t string) bool { return slices.Contains(some, t) })
}

// sameField reports whether two fields of one container or object are one
// thing: equal, one within the other, or settings of a security context that
// decide each other, the pod's and the container's.
func sameField(a, b *result.Finding) bool {
	x, y := a.Field, b.Field
	if x == y || within(x, y) || within(y, x) {
		return true
	}
	setting := func(f string) bool {
		i := strings.LastIndexByte(f, '.')
		return i > 0 && strings.HasSuffix(f[:i], "securityContext") || strings.HasSuffix(f, "securityContext")
	}
	return setting(x) && setting(y)
}

func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}
