package image

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Report makes the findings of one image of one target: one for each
// vulnerability, where the image is chosen first, related to its other places.
func Report(sink *result.Sink, target string, places []result.Image, r *Result) {
	first := places[0]
	var related []result.Related
	for _, p := range places[1:] {
		if p.Loc.Primary != first.Loc.Primary && !slices.ContainsFunc(related, func(o result.Related) bool { return o.Location.Primary == p.Loc.Primary }) {
			related = append(related, result.Related{Location: p.Loc, Message: "runs the same image, in " + p.Object.String()})
		}
	}
	name := result.ImageID{Ref: first.Ref}.Repository()
	for i := range r.Vulnerabilities {
		v := r.Vulnerabilities[i]
		v.Image.Ref = first.Ref
		sev := v.Rating.Severity()
		sink.Rules(rule(&v, sev))
		sink.Report(result.Finding{
			Rule: v.ID, Severity: sev, Message: message(&v), Fix: fix(&v),
			Object: first.Object, Container: first.Container, Field: "image", Loc: first.Loc, Related: related,
			Targets: []string{target}, Vulnerability: &v,
			// Neither tag nor object: a newer tag that still has it does not
			// revive what was dismissed.
			Fingerprint: result.Fingerprint(v.ID, result.Key{}, "image", name),
		})
	}
}

func rule(v *result.Vulnerability, sev result.Severity) result.Rule {
	why := v.Details
	if why == "" {
		why = v.Title
	}
	return result.Rule{
		ID: v.ID, Family: Family, Analyzer: Analyzer{}.Name(), Severity: sev,
		Title: cmp.Or(v.Title, "known vulnerability "+v.ID), Why: why, Refs: v.Refs,
		Fix: "move to an image whose packages mend it",
	}
}

func message(v *result.Vulnerability) string {
	p := v.Packages[0]
	s := fmt.Sprintf("image %q has %s in %s %s", v.Image.Ref, v.ID, p.Name, p.Installed)
	if n := len(v.Packages) - 1; n > 0 {
		s += fmt.Sprintf(" and %d more packages", n)
	}
	if v.Title != "" {
		s += ": " + strings.Join(strings.Fields(v.Title), " ")
	}
	return s + exploitation(v)
}

// exploitation says what is known of it, so that every format shows it.
func exploitation(v *result.Vulnerability) string {
	var parts []string
	if v.Exploited() {
		parts = append(parts, "known to be exploited (CISA KEV)")
	}
	if v.EPSS != nil {
		parts = append(parts, fmt.Sprintf("EPSS %.1f %%", *v.EPSS*100))
	}
	if parts == nil {
		return ""
	}
	return " [" + strings.Join(parts, ", ") + "]"
}

// fix says what mends it, and where: in the base image or in what was added.
func fix(v *result.Vulnerability) string {
	var parts []string
	base, fixed := true, false
	for _, p := range v.Packages {
		base = base && p.Layer.Base
		fixed = fixed || p.Fixed != ""
		if p.Fixed != "" && len(parts) < 3 {
			parts = append(parts, p.Name+" to "+p.Fixed)
		}
	}
	where := ""
	if base {
		where = "; it comes with the base image: move to a newer one"
	}
	if v.Upgrade != "" {
		return fmt.Sprintf("move to %q, which does not have it", v.Upgrade)
	}
	if !fixed {
		return "no version mends it yet" + where
	}
	return "update " + strings.Join(parts, ", ") + where
}
