package trivy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/match"
)

// Trivy's classes of results.
const (
	classOS   = "os-pkgs"
	classLang = "lang-pkgs"
)

// families are Trivy's names of distributions, where they differ from
// os-release's ID (pkg/fanal/types/const.go of Trivy).
var families = map[string]string{
	"rhel": "redhat", "almalinux": "alma", "amzn": "amazon", "ol": "oracle",
	"sled": "sles", "sles_sap": "sles", "mariner": "cbl-mariner",
}

func family(id string) string { return cmp.Or(families[id], id) }

// distribution is os-release's ID of a family.
func distribution(family string) string {
	for id, f := range families {
		if f == family && f != "sles" {
			return id
		}
	}
	return family
}

// kinds are Trivy's types of installed language packages, by the ecosystem
// whose advisories speak of them.
var kinds = map[string]string{
	"Go": "gobinary", "npm": "node-pkg", "PyPI": "python-pkg", "RubyGems": "gemspec",
	"Maven": "jar", "crates.io": "rustbinary", "NuGet": "dotnet-core",
}

// ecosystemOf is the ecosystem of a type, "" if it is none of a language's.
func ecosystemOf(kind string) string {
	for eco, k := range kinds {
		if k == kind {
			return eco
		}
	}
	return ""
}

// rpcPackage is trivy.common.Package.
type rpcPackage struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Release    string   `json:"release,omitempty"`
	Epoch      int      `json:"epoch,omitempty"`
	Arch       string   `json:"arch,omitempty"`
	SrcName    string   `json:"src_name,omitempty"`
	SrcVersion string   `json:"src_version,omitempty"`
	SrcRelease string   `json:"src_release,omitempty"`
	SrcEpoch   int      `json:"src_epoch,omitempty"`
	FilePath   string   `json:"file_path,omitempty"`
	Layer      rpcLayer `json:"layer"`
}

type rpcLayer struct {
	Digest string `json:"digest,omitempty"`
	DiffID string `json:"diff_id,omitempty"`
}

type rpcPackages struct {
	Type     string       `json:"type,omitempty"`
	FilePath string       `json:"file_path"`
	Packages []rpcPackage `json:"packages"`
}

type rpcOS struct {
	Family string `json:"family"`
	Name   string `json:"name"`
}

type blobInfo struct {
	SchemaVersion int           `json:"schema_version"`
	Digest        string        `json:"digest"`
	DiffID        string        `json:"diff_id"`
	OS            *rpcOS        `json:"os,omitempty"`
	System        []rpcPackages `json:"package_infos,omitempty"`
	Apps          []rpcPackages `json:"applications,omitempty"`
}

// blob is an inventory as Trivy stores the analysis of a layer. Layers are
// merged already, so it is one.
type blob struct {
	id   string
	info blobInfo
	pkgs map[string]*image.Package // by the id that was sent
	lost int                       // packages that Trivy has no type for
}

func newBlob(inv *image.Inventory) *blob {
	b := &blob{info: blobInfo{SchemaVersion: 2}, pkgs: map[string]*image.Package{}}
	if d := inv.Distro; d.ID != "" {
		b.info.OS = &rpcOS{family(d.ID), d.Version}
	}
	system := map[string]*rpcPackages{}
	apps := map[string]*rpcPackages{}
	for i := range inv.Packages {
		p := &inv.Packages[i]
		q := rpcPackage{Name: p.Name, Version: p.Version, Arch: p.Arch}
		q.ID = q.Name + "@" + q.Version
		for n := 2; b.pkgs[q.ID] != nil; n++ {
			q.ID = fmt.Sprintf("%s@%s#%d", q.Name, q.Version, n)
		}
		group, key := system, p.Path
		at := rpcPackages{FilePath: p.Path}
		if p.OS {
			split := !strings.HasPrefix(p.PURL, "pkg:apk/") // whose revision is part of the version
			q.Epoch, q.Version, q.Release = parts(p.Version, split)
			q.SrcName = cmp.Or(p.Source, p.Name)
			q.SrcEpoch, q.SrcVersion, q.SrcRelease = parts(cmp.Or(p.SourceVersion, p.Version), split)
		} else {
			at.Type = kinds[match.Base(p.Ecosystem)]
			if at.Type == "" || p.Version == "" {
				b.lost++
				continue
			}
			q.FilePath = p.Path
			group, key = apps, at.Type+"\x00"+p.Path
		}
		if group[key] == nil {
			group[key] = &at
		}
		group[key].Packages = append(group[key].Packages, q)
		b.pkgs[q.ID] = p
	}
	for _, k := range slices.Sorted(maps.Keys(system)) {
		b.info.System = append(b.info.System, *system[k])
	}
	for _, k := range slices.Sorted(maps.Keys(apps)) {
		b.info.Apps = append(b.info.Apps, *apps[k])
	}
	b.id = blobID(b.info)
	b.info.Digest, b.info.DiffID = b.id, b.id
	for _, all := range [][]rpcPackages{b.info.System, b.info.Apps} {
		for i := range all {
			for j := range all[i].Packages {
				all[i].Packages[j].Layer = rpcLayer{b.id, b.id}
			}
		}
	}
	return b
}

// parts are epoch, version and release: "1:2.38.1-5+deb12u3".
func parts(v string, split bool) (epoch int, version, release string) {
	if e, rest, ok := strings.Cut(v, ":"); ok {
		if n, err := strconv.ParseInt(e, 10, 32); err == nil && n >= 0 {
			epoch, v = int(n), rest
		}
	}
	if i := strings.LastIndexByte(v, '-'); i > 0 && split {
		return epoch, v[:i], v[i+1:]
	}
	return epoch, v, ""
}

// gaps are what was sent and not looked up: Trivy leaves out a distribution
// that it does not know, and says nothing.
func (b *blob) gaps(d image.Distro, looked map[string]bool) (gaps []image.Gap) {
	sent, types := 0, map[string]int{}
	for _, s := range b.info.System {
		sent += len(s.Packages)
	}
	for _, a := range b.info.Apps {
		types[a.Type] += len(a.Packages)
	}
	if sent > 0 && !looked[classOS] && d.ID != "" { // without an ID the inventory says so
		gaps = append(gaps, unknownDistro(sent, cmp.Or(d.Name, d.ID)))
	}
	if d.ID == "rhel" && sent > 0 {
		gaps = append(gaps, image.Gap{What: fmt.Sprintf("packages of %q", cmp.Or(d.Name, d.ID)), Why: "the list that was sent does not name the modules that they are of", Hint: "let Trivy read the image: --image-scanner trivy", Known: true})
	}
	if b.lost > 0 {
		gaps = append(gaps, image.Gap{What: fmt.Sprintf("%d packages", b.lost), Why: "they have no version, or are of no type that Trivy knows", Known: true})
	}
	for _, t := range slices.Sorted(maps.Keys(types)) {
		if !looked[classLang+" "+t] {
			gaps = append(gaps, image.Gap{What: fmt.Sprintf("%d packages of type %s", types[t], t), Why: "Trivy did not look them up", Hint: "use a newer Trivy, or another engine"})
		}
	}
	return gaps
}

func unknownDistro(n int, name string) image.Gap {
	return image.Gap{What: fmt.Sprintf("%d packages of %q", n, name), Why: "Trivy has no advisories for this distribution", Hint: "scan the image with an engine that knows its distribution"}
}

// facts are what both of Trivy's forms say of a vulnerability.
type facts struct {
	ID, Title, Details, Severity, Source, Fixed, Published, Modified, Primary string
	Aliases, Refs                                                             []string
	vectors                                                                   map[string][]string // by source
}

func (f *facts) score(source string, vectors ...string) {
	if f.vectors == nil {
		f.vectors = map[string][]string{}
	}
	for _, v := range vectors {
		if v != "" {
			f.vectors[source] = append(f.vectors[source], v)
		}
	}
}

func (f *facts) reported() match.Reported {
	r := match.Reported{
		ID: f.ID, Aliases: f.Aliases, Title: f.Title, Details: f.Details, Word: f.Severity, By: f.Source,
		Published: f.Published, Modified: f.Modified, Refs: slices.Clone(f.Refs),
	}
	if f.Title == f.ID { // Trivy repeats the id where it knows no title
		r.Title = ""
	}
	if f.Details == f.ID {
		r.Details = ""
	}
	if f.Primary != "" {
		r.Refs = append(r.Refs, f.Primary)
	}
	for v := range strings.SplitSeq(f.Fixed, ",") {
		if v = strings.TrimSpace(v); v != "" {
			r.Fixed = append(r.Fixed, v)
		}
	}
	for _, source := range slices.Sorted(maps.Keys(f.vectors)) {
		r.Vectors = append(r.Vectors, f.vectors[source]...)
	}
	return r
}
