package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// cyclonedx writes the images as components, the packages in them that known
// vulnerabilities affect, and what is known of each vulnerability: a BOM with
// VEX. It is no full list of what an image holds, for a report has none. An image
// that was not scanned says so in a property, and what made the run incomplete
// stands in the metadata: a document without vulnerabilities is not "clean".
type cyclonedx struct{ time time.Time }

// cyclonedxBuilder makes components once and gives them references.
type cyclonedxBuilder struct {
	images []*cdx.Component
	byRef  map[string]*cdx.Component
	vulns  []*cdx.Vulnerability
	byKey  map[string]*cdx.Vulnerability
	seen   map[string]bool // packages, and what a vulnerability affects
}

func (o cyclonedx) Write(w io.Writer, r *result.Report) error {
	b := &cyclonedxBuilder{byRef: map[string]*cdx.Component{}, byKey: map[string]*cdx.Vulnerability{}, seen: map[string]bool{}}
	for _, f := range pick(r, func(f *result.Finding) bool { return f.Vulnerability != nil }) {
		b.add(r, f)
	}
	for _, t := range r.Targets {
		for _, i := range t.Images {
			c := b.image(result.ImageID{Ref: i.Ref, Digest: i.Digest})
			if !i.Scanned {
				b.property(c, "kustoms:scanned", "false")
			}
		}
	}
	bom := cdx.NewBOM()
	bom.Metadata = o.metadata(r)
	components := []cdx.Component{}
	for _, c := range b.images {
		components = append(components, *c)
	}
	vulns := []cdx.Vulnerability{}
	for _, v := range b.vulns {
		vulns = append(vulns, *v)
	}
	bom.Components, bom.Vulnerabilities = &components, &vulns
	return cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON).EncodeVersion(bom, cdx.SpecVersion1_6)
}

func (o cyclonedx) metadata(r *result.Report) *cdx.Metadata {
	m := &cdx.Metadata{Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{{
		Type: cdx.ComponentTypeApplication, Name: "kustoms", Version: line(r.Tool.Version),
		ExternalReferences: &[]cdx.ExternalReference{{Type: cdx.ERTypeWebsite, URL: home}},
	}}}}
	if !o.time.IsZero() {
		m.Timestamp = o.time.UTC().Format(time.RFC3339)
	}
	var props []cdx.Property
	for _, g := range gaps(r) {
		s := g.What
		if len(g.Targets) > 0 {
			s += " of " + g.Where()
		}
		props = append(props, cdx.Property{Name: "kustoms:" + string(g.Status), Value: clip(line(s+": "+g.Reason), sarifText)})
	}
	if len(props) > 0 {
		m.Properties = &props
	}
	return m
}

func (b *cyclonedxBuilder) property(c *cdx.Component, name, value string) {
	if b.seen[c.BOMRef+"\x00"+name] {
		return
	}
	b.seen[c.BOMRef+"\x00"+name] = true
	if c.Properties == nil {
		c.Properties = &[]cdx.Property{}
	}
	*c.Properties = append(*c.Properties, cdx.Property{Name: name, Value: value})
}

func (b *cyclonedxBuilder) image(i result.ImageID) *cdx.Component {
	ref := "image:" + imageName(i)
	if c := b.byRef[ref]; c != nil {
		return c
	}
	c := &cdx.Component{BOMRef: ref, Type: cdx.ComponentTypeContainer, Name: line(i.Ref), Version: line(i.Digest)}
	b.byRef[ref] = c
	b.images = append(b.images, c)
	for _, p := range [][2]string{{"kustoms:platform", i.Platform}, {"kustoms:os", i.OS}} {
		if p[1] != "" {
			b.property(c, p[0], line(p[1]))
		}
	}
	return c
}

// pkg is the reference of a package, which it adds to its image.
func (b *cyclonedxBuilder) pkg(in *cdx.Component, p result.AffectedPackage) string {
	ref := fmt.Sprintf("%s#%s@%s", in.BOMRef, line(p.Name), line(p.Installed))
	if p.Path != "" {
		ref += "#" + line(p.Path)
	}
	if b.seen[ref] {
		return ref
	}
	b.seen[ref] = true
	if in.Components == nil {
		in.Components = &[]cdx.Component{}
	}
	*in.Components = append(*in.Components, cdx.Component{
		BOMRef: ref, Type: cdx.ComponentTypeLibrary, Name: line(p.Name), Version: line(p.Installed), PackageURL: line(p.PURL),
	})
	return ref
}

// add makes one vulnerability of the findings that have its id and are judged
// alike, whatever images they are seen in.
func (b *cyclonedxBuilder) add(r *result.Report, f *result.Finding) {
	v := f.Vulnerability
	analysis := cyclonedxAnalysis(f)
	key := v.ID + "\x00" + string(analysis.State) + "\x00" + analysis.Detail
	out := b.byKey[key]
	if out == nil {
		out = cyclonedxVulnerability(r, f)
		out.BOMRef = "vulnerability:" + line(v.ID)
		for n := 2; b.seen[out.BOMRef]; n++ {
			out.BOMRef = fmt.Sprintf("vulnerability:%s#%d", line(v.ID), n)
		}
		b.seen[out.BOMRef] = true
		out.Analysis = analysis
		out.Affects = &[]cdx.Affects{}
		b.byKey[key] = out
		b.vulns = append(b.vulns, out)
	}
	img := b.image(v.Image)
	for _, p := range v.Packages {
		ref := b.pkg(img, p)
		if k := out.BOMRef + "\x00" + ref; !b.seen[k] {
			b.seen[k] = true
			*out.Affects = append(*out.Affects, cdx.Affects{Ref: ref, Range: &[]cdx.AffectedVersions{{Version: line(p.Installed), Status: cdx.VulnerabilityStatusAffected}}})
		}
	}
	if len(v.Packages) == 0 {
		*out.Affects = append(*out.Affects, cdx.Affects{Ref: img.BOMRef})
	}
}

func cyclonedxVulnerability(r *result.Report, f *result.Finding) *cdx.Vulnerability {
	v := f.Vulnerability
	name, url := advisorySource(v.ID)
	out := &cdx.Vulnerability{
		ID: line(v.ID), Source: &cdx.Source{Name: name, URL: url},
		Description: clip(line(v.Title), sarifText), Detail: clip(lines(v.Details), 10*sarifText),
	}
	var refs []cdx.VulnerabilityReference
	for _, a := range v.Aliases {
		name, url := advisorySource(a)
		refs = append(refs, cdx.VulnerabilityReference{ID: line(a), Source: &cdx.Source{Name: name, URL: url}})
	}
	if len(refs) > 0 {
		out.References = &refs
	}
	var advice []string
	for _, p := range v.Packages {
		advice = append(advice, upgrade(p))
	}
	out.Recommendation = clip(line(strings.Join(advice, "; ")), sarifText)
	ratings := []cdx.VulnerabilityRating{}
	for _, c := range v.CVSS {
		score := c.Score
		ratings = append(ratings, cdx.VulnerabilityRating{Score: &score, Method: cyclonedxMethod(c.Version), Vector: line(c.Vector), Severity: cyclonedxSeverity(v.Rating)})
	}
	if len(ratings) == 0 {
		ratings = append(ratings, cdx.VulnerabilityRating{Severity: cyclonedxSeverity(v.Rating), Method: cdx.ScoringMethodOther})
	}
	out.Ratings = &ratings
	var cwes []int
	if m := r.Rule(f.Rule); m != nil {
		for _, s := range m.Standards {
			if c := cweID.FindStringSubmatch(s); c != nil {
				if n, err := strconv.Atoi(c[1]); err == nil && n > 0 {
					cwes = append(cwes, n)
				}
			}
		}
	}
	if len(cwes) > 0 {
		out.CWEs = &cwes
	}
	var links []cdx.Advisory
	for _, u := range v.Refs {
		if webURL(u) {
			links = append(links, cdx.Advisory{URL: u})
		}
	}
	if len(links) > 0 {
		out.Advisories = &links
	}
	if _, err := time.Parse(time.RFC3339, v.Published); err == nil {
		out.Published = v.Published
	}
	if _, err := time.Parse(time.RFC3339, v.Modified); err == nil {
		out.Updated = v.Modified
	}
	return out
}

// cyclonedxAnalysis is what the triage says of a finding. That a finding is
// suppressed does not say that the image is not affected: only a statement in
// VEX does.
func cyclonedxAnalysis(f *result.Finding) *cdx.VulnerabilityAnalysis {
	switch {
	case f.Suppressed != nil && f.Suppressed.Kind == result.FormVEX:
		state := cdx.IASNotAffected
		if v := f.Vulnerability; len(v.VEX) > 0 && !slices.ContainsFunc(v.VEX, func(s result.VEX) bool { return s.Status != result.VEXFixed }) {
			state = cdx.IASResolved
		}
		return &cdx.VulnerabilityAnalysis{State: state, Detail: clip(line(f.Suppressed.Reason), sarifText)}
	case f.Suppressed != nil:
		return &cdx.VulnerabilityAnalysis{State: cdx.IASInTriage, Response: &[]cdx.ImpactAnalysisResponse{cdx.IARWillNotFix}, Detail: clip(line(f.Suppressed.Reason), sarifText)}
	case f.Baseline == result.BaselineAbsent:
		return &cdx.VulnerabilityAnalysis{State: cdx.IASResolved}
	}
	return &cdx.VulnerabilityAnalysis{State: cdx.IASInTriage}
}

func cyclonedxMethod(version string) cdx.ScoringMethod {
	switch version {
	case "2.0":
		return cdx.ScoringMethodCVSSv2
	case "3.0":
		return cdx.ScoringMethodCVSSv3
	case "3.1":
		return cdx.ScoringMethodCVSSv31
	case "4.0":
		return cdx.ScoringMethodCVSSv4
	}
	return cdx.ScoringMethodOther
}

func cyclonedxSeverity(r result.Rating) cdx.Severity {
	switch r {
	case result.RatedCritical, result.RatedHigh, result.RatedMedium, result.RatedLow:
		return cdx.Severity(r)
	case result.RatedNegligible:
		return cdx.SeverityInfo
	}
	return cdx.SeverityUnknown
}
