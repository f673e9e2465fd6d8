package sbom

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	purl "github.com/package-url/packageurl-go"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// Merge puts layers on top of each other, the lowest first, and lists what is
// installed in the end. The inventory's Image and Layers are the caller's.
func Merge(layers []*Layer) *image.Inventory {
	inv := &image.Inventory{}
	m := merger{layers: layers, at: make([]map[string]*File, len(layers))}
	for i, l := range layers {
		m.at[i] = map[string]*File{}
		for j := range l.Files {
			m.at[i][l.Files[j].Path] = &l.Files[j]
		}
	}
	type placed struct {
		layer int
		file  *File
	}
	var live []placed
	owned := map[string]bool{}
	var odd []image.Gap // files that are not what their names say
	for i, l := range layers {
		for j := range l.Files {
			f := &l.Files[j]
			if m.hidden(i, f.Path) {
				continue
			}
			live = append(live, placed{i, f})
			for _, o := range f.Owns {
				owned[merged(o)] = true
			}
			if f.Release != "" && (inv.Distro.ID == "" || f.Path == "etc/os-release") {
				inv.Distro = parseRelease(f.Release)
			}
		}
		for _, g := range l.Gaps {
			if p, err := strconv.Unquote(g.What); err == nil && m.hidden(i, p) {
				continue
			}
			if g.Known {
				odd = append(odd, g)
				continue
			}
			inv.Gaps = append(inv.Gaps, g)
		}
	}
	systemPackages, unversioned := 0, 0
	for _, p := range live {
		for k := range p.file.Packages {
			raw := &p.file.Packages[k]
			sys := systemKind(raw.Kind)
			if !sys && owned[merged(p.file.Path)] {
				continue // the distribution's, under another name
			}
			q := image.Package{
				Name: raw.Name, Version: raw.Version, Ecosystem: raw.Ecosystem, PURL: raw.PURL,
				Source: raw.Source, SourceVersion: raw.SourceVersion, Arch: raw.Arch, Licenses: raw.Licenses,
				Path: p.file.Path, Layer: m.origin(p.layer, p.file.Path, raw), OS: sys,
			}
			if sys {
				systemPackages++
				q.Ecosystem = ecosystem(inv.Distro, raw.Kind)
				q.PURL = SystemPURL(raw, inv.Distro)
			} else if raw.Version == "" {
				unversioned++
			}
			inv.Packages = append(inv.Packages, q)
		}
	}
	slices.SortStableFunc(inv.Packages, func(a, b image.Package) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Path, b.Path))
	})
	inv.Packages = slices.CompactFunc(inv.Packages, func(a, b image.Package) bool {
		return a.Name == b.Name && a.Version == b.Version && a.Path == b.Path && a.PURL == b.PURL
	})
	if n := len(odd); n > 0 {
		what := "1 file"
		if n > 1 {
			what = fmt.Sprintf("%d files", n)
		}
		inv.Gaps = append(inv.Gaps, image.Gap{What: what + " that could name a package", Why: fmt.Sprintf("cannot be read; the first is %s", odd[0]), Known: true})
	}
	inv.Contents = m.contents()
	inv.Gaps = append(inv.Gaps, coverage(inv.Distro, systemPackages, len(inv.Packages), unversioned)...)
	return inv
}

type merger struct {
	layers []*Layer
	at     []map[string]*File
}

// hidden reports whether a layer above i removes, hides or replaces p.
func (m *merger) hidden(i int, p string) bool {
	for j := i + 1; j < len(m.layers); j++ {
		if m.layers[j].removes(p) || m.layers[j].replaces(p) {
			return true
		}
	}
	return false
}

func (l *Layer) removes(p string) bool {
	if len(l.Removed)+len(l.Opaque) == 0 {
		return false
	}
	if slices.Contains(l.Removed, p) {
		return true
	}
	for dir := range parents(p) {
		if slices.Contains(l.Removed, dir) || slices.Contains(l.Opaque, dir) {
			return true
		}
	}
	return slices.Contains(l.Opaque, ".")
}

// replaces reports whether the layer has a file at p, or a file where p needs
// a directory.
func (l *Layer) replaces(p string) bool {
	if _, ok := slices.BinarySearch(l.Masks, hash(p)); ok {
		return true
	}
	for dir := range parents(p) {
		if _, ok := slices.BinarySearch(l.Masks, hash(dir)); ok {
			return true
		}
	}
	return false
}

func parents(p string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for d := path.Dir(p); d != "."; d = path.Dir(d) {
			if !yield(d) {
				return
			}
		}
	}
}

// origin is the layer that brought the package: a package manager's database
// is written anew in each layer, so it is the lowest of those without a break
// below i whose file lists it, too.
func (m *merger) origin(i int, p string, pkg *Package) int {
	at := i
	for j := i - 1; j >= 0; j-- {
		if m.layers[j+1].removes(p) {
			break
		}
		if f := m.at[j][p]; f != nil {
			if !slices.ContainsFunc(f.Packages, func(q Package) bool {
				return q.Name == pkg.Name && q.Version == pkg.Version && q.Arch == pkg.Arch
			}) {
				break
			}
			at = j
		} else if m.layers[j].replaces(p) {
			break
		}
	}
	return at
}

// merged is a path as a system sees it whose /bin, /lib and /sbin are links
// into /usr: file lists may name either.
func merged(p string) string {
	if rest, ok := strings.CutPrefix(p, "usr/"); ok {
		for _, d := range []string{"bin/", "sbin/", "lib/", "lib64/"} {
			if strings.HasPrefix(rest, d) {
				return rest
			}
		}
	}
	return p
}

// SystemPURL is the package URL of a package of Kind "deb", "apk" or "rpm".
func SystemPURL(p *Package, d image.Distro) string {
	kind, q := p.Kind, purl.Qualifiers{}
	if p.Arch != "" {
		q = append(q, purl.Qualifier{Key: "arch", Value: p.Arch})
	}
	if d.ID != "" {
		q = append(q, purl.Qualifier{Key: "distro", Value: strings.TrimSuffix(d.ID+"-"+d.Version, "-")})
	}
	version := p.Version
	if kind == "rpm" {
		if epoch, rest, ok := strings.Cut(version, ":"); ok {
			version = rest
			q = append(q, purl.Qualifier{Key: "epoch", Value: epoch})
		}
	}
	if p.Source != "" && (p.Source != p.Name || p.SourceVersion != p.Version) {
		q = append(q, purl.Qualifier{Key: "upstream", Value: fmt.Sprintf("%s@%s", p.Source, p.SourceVersion)})
	}
	return purl.NewPackageURL(kind, d.ID, p.Name, version, q, "").ToString()
}
