package clair

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	purl "github.com/package-url/packageurl-go"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/match"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/sbom"
)

// vulnerabilityReport is Clair's, as far as it is used.
type vulnerabilityReport struct {
	Hash     string `json:"manifest_hash"`
	Packages map[string]struct {
		Name    string
		Version string
		Kind    string
		Arch    string
		Source  *struct{ Name, Version string }
	}
	Distributions map[string]struct {
		DID        string
		VersionID  string `json:"version_id"`
		PrettyName string `json:"pretty_name"`
	}
	Repository   map[string]struct{ Name, URI string }
	Environments map[string][]struct {
		PackageDB      string   `json:"package_db"`
		IntroducedIn   string   `json:"introduced_in"`
		DistributionID string   `json:"distribution_id"`
		RepositoryIDs  []string `json:"repository_ids"`
	}
	Vulnerabilities        map[string]vulnerability
	PackageVulnerabilities map[string][]string          `json:"package_vulnerabilities"`
	Enrichments            map[string][]json.RawMessage `json:"enrichments"`
}

type vulnerability struct {
	Updater     string
	Name        string
	Description string
	Issued      string
	Links       string
	Normalized  string `json:"normalized_severity"`
	Fixed       string `json:"fixed_in_version"`
}

// covered are the distributions that Clair has updaters for, by os-release's
// ID (claircore's packages). Of others it lists packages and finds nothing.
var covered = []string{"alpine", "amzn", "debian", "ol", "photon", "rhel", "centos", "sles", "opensuse", "opensuse-leap", "ubuntu"}

// languages are Clair's repositories of language packages: OSV's name and the
// type of a package URL.
var languages = map[string][2]string{
	"go": {"Go", "golang"}, "pypi": {"PyPI", "pypi"}, "maven": {"Maven", "maven"}, "rubygems": {"RubyGems", "gem"}, "npm": {"npm", "npm"},
}

// system is the type of a package URL, by the distribution's package manager.
func system(id string) string {
	switch id {
	case "debian", "ubuntu":
		return "deb"
	case "alpine":
		return "apk"
	}
	return "rpm"
}

func (r *vulnerabilityReport) result(img *registry.Image) (*image.Result, error) {
	inv := &image.Inventory{Image: img.ID, Layers: img.Layers}
	img.Configure(inv)
	for _, id := range slices.Sorted(maps.Keys(r.Distributions)) {
		d := r.Distributions[id]
		inv.Distro = image.Distro{ID: d.DID, Version: d.VersionID, Name: d.PrettyName}
		break
	}
	inv.Image.OS = inv.Distro.Name
	ids := r.list(inv)
	scores := r.scores()
	var reports []match.Reported
	for _, pid := range slices.Sorted(maps.Keys(r.PackageVulnerabilities)) {
		at, ok := ids[pid]
		if !ok {
			return nil, fmt.Errorf("package %q has vulnerabilities and is not listed", pid)
		}
		for _, vid := range r.PackageVulnerabilities[pid] {
			v, ok := r.Vulnerabilities[vid]
			if !ok {
				return nil, fmt.Errorf("vulnerability %q of package %q is not described", vid, pid)
			}
			rep := v.reported()
			rep.Package, rep.Vectors = &inv.Packages[at], scores[vid]
			reports = append(reports, rep)
		}
	}
	found, err := match.Join(inv, reports)
	if err != nil {
		return nil, err
	}
	inv.Gaps = append(inv.Gaps, found.Gaps...)
	return &image.Result{Inventory: *inv, Engine: "clair", Vulnerabilities: found.Vulnerabilities, Hidden: found.Hidden}, nil
}

// list takes the packages into the inventory, sorted, and tells the place of
// each of Clair's ids.
func (r *vulnerabilityReport) list(inv *image.Inventory) map[string]int {
	layers := map[string]int{}
	for i, l := range inv.Layers {
		layers[l.Digest] = i
	}
	type entry struct {
		id  string
		pkg image.Package
	}
	var all []entry
	systemPackages := 0
	for id, p := range r.Packages {
		q := image.Package{Name: p.Name, Version: p.Version, Arch: p.Arch, Layer: -1}
		if envs := r.Environments[id]; len(envs) > 0 {
			e := envs[0]
			if n, ok := layers[e.IntroducedIn]; ok {
				q.Layer = n
			}
			q.Path = e.PackageDB
			if kind, rest, ok := strings.Cut(q.Path, ":"); ok && !strings.Contains(kind, "/") {
				q.Path = rest
			}
			q.OS = true
			for _, rid := range e.RepositoryIDs {
				if l, ok := languages[r.Repository[rid].Name]; ok {
					q.OS, q.Ecosystem = false, l[0]
					if l[0] == "Go" {
						q.Version = strings.TrimPrefix(q.Version, "v") // as Go's own advisories write it
					}
					q.PURL = languagePURL(l[1], q.Name, q.Version)
				}
			}
		}
		if q.OS {
			systemPackages++
			q.Ecosystem = sbom.Ecosystem(inv.Distro)
			q.Source, q.SourceVersion = q.Name, q.Version
			if p.Source != nil && p.Source.Name != "" {
				q.Source, q.SourceVersion = p.Source.Name, p.Source.Version
			}
			if inv.Distro.ID != "" {
				q.PURL = sbom.SystemPURL(&sbom.Package{Kind: system(inv.Distro.ID), Name: q.Name, Version: q.Version, Arch: q.Arch, Source: q.Source, SourceVersion: q.SourceVersion}, inv.Distro)
			}
		}
		all = append(all, entry{id, q})
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.pkg.Name, b.pkg.Name), strings.Compare(a.pkg.Version, b.pkg.Version), strings.Compare(a.pkg.Path, b.pkg.Path), strings.Compare(a.id, b.id))
	})
	ids := map[string]int{}
	for i, e := range all {
		ids[e.id] = i
		inv.Packages = append(inv.Packages, e.pkg)
	}
	name := cmp.Or(inv.Distro.Name, inv.Distro.ID, "an unknown distribution")
	switch {
	case systemPackages > 0 && !slices.Contains(covered, inv.Distro.ID):
		inv.Gaps = append(inv.Gaps, image.Gap{What: fmt.Sprintf("%d packages of %q", systemPackages, name), Why: "Clair has no advisories for this distribution", Hint: "scan the image with an engine that knows its distribution"})
	case len(all) == 0:
		inv.Gaps = append(inv.Gaps, image.Gap{What: "packages", Why: "Clair found none that could be looked up", Known: true})
	}
	return ids
}

func languagePURL(kind, name, version string) string {
	namespace := ""
	sep := "/"
	if kind == "maven" {
		sep = ":"
	}
	if i := strings.LastIndex(name, sep); i > 0 && kind != "pypi" {
		namespace, name = name[:i], name[i+1:]
	}
	return purl.NewPackageURL(kind, namespace, name, version, nil, "").ToString()
}

// scores are CVSS vectors by vulnerability, where Clair's enricher adds them.
func (r *vulnerabilityReport) scores() map[string][]string {
	out := map[string][]string{}
	for _, kind := range slices.Sorted(maps.Keys(r.Enrichments)) {
		if !strings.Contains(kind, "enricher=clair.cvss") {
			continue
		}
		for _, raw := range r.Enrichments[kind] {
			var byID map[string][]struct {
				Vector string `json:"vectorString"`
			}
			if json.Unmarshal(raw, &byID) != nil {
				continue // scores are extra: the severity word stays
			}
			for id, all := range byID {
				for _, c := range all {
					if c.Vector != "" {
						out[id] = append(out[id], c.Vector)
					}
				}
			}
		}
	}
	return out
}

// reported: a name is an id, with a title behind it in some updaters' words
// ("RHSA-2024:1: openssl security update (Important)").
func (v *vulnerability) reported() match.Reported {
	id, title, _ := strings.Cut(strings.TrimSpace(v.Name), " ")
	by, _, _ := strings.Cut(v.Updater, "/")
	r := match.Reported{
		ID: strings.TrimSuffix(id, ":"), Title: strings.TrimSpace(title), Word: v.Normalized, By: by, Refs: strings.Fields(v.Links),
	}
	if v.Description != v.Name {
		r.Details = v.Description
	}
	if !strings.HasPrefix(v.Issued, "0001-") {
		r.Published = v.Issued
	}
	fixed := v.Fixed
	if strings.Contains(fixed, "=") { // of language packages: a range
		q, err := url.ParseQuery(fixed)
		if err != nil {
			q = nil
		}
		fixed = q.Get("fixed")
	}
	if fixed != "" && fixed != "0" {
		r.Fixed = []string{fixed}
	}
	return r
}
