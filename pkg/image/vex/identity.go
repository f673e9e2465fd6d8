package vex

import (
	"slices"
	"strings"

	"github.com/distribution/reference"
	purl "github.com/package-url/packageurl-go"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// imageNames is how an image may be named in a document.
type imageNames struct {
	id   result.ImageID
	repo string // with its registry: "docker.io/library/nginx"
	tag  string // "" if it is named by digest alone
}

func newImageNames(id result.ImageID) imageNames {
	n := imageNames{id: id}
	if ref, err := reference.ParseNormalizedNamed(id.Ref); err == nil {
		n.repo = ref.Name()
		if t, ok := ref.(reference.Tagged); ok {
			n.tag = t.Tag()
		} else if _, ok := ref.(reference.Digested); !ok {
			n.tag = "latest"
		}
	}
	return n
}

// is reports whether the identity is the image's.
func (n imageNames) is(i identity) bool {
	return slices.ContainsFunc(i.digests, n.hasDigest) || slices.ContainsFunc(i.names, n.hasName) || slices.ContainsFunc(i.purls, n.hasPURL)
}

// hasDigest reports whether the digest is the manifest's or the index's.
func (n imageNames) hasDigest(d string) bool {
	return d != "" && (d == n.id.Digest || d == n.id.Index)
}

// hasName compares a reference. One with a digest is the image of that digest,
// whatever its tag.
func (n imageNames) hasName(name string) bool {
	if n.repo == "" {
		return name == n.id.Ref
	}
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil || ref.Name() != n.repo {
		return false
	}
	if d, ok := ref.(reference.Digested); ok {
		return n.hasDigest(d.Digest().String())
	}
	if t, ok := ref.(reference.Tagged); ok {
		return t.Tag() == n.tag
	}
	return true
}

// hasPURL compares a package URL of type oci or docker
// (https://github.com/package-url/purl-spec). One that says neither digest nor
// registry names no certain image.
func (n imageNames) hasPURL(s string) bool {
	p, err := purl.FromString(s)
	if err != nil {
		return false
	}
	q := p.Qualifiers.Map()
	if arch := q["arch"]; arch != "" && n.id.Platform != "" && !slices.Contains(strings.Split(n.id.Platform, "/"), arch) {
		return false
	}
	tag := q["tag"]
	switch p.Type {
	case purl.TypeOCI:
		switch repo := strings.TrimSuffix(strings.TrimPrefix(q["repository_url"], "https://"), "/"); {
		case repo == "":
			if p.Version == "" || n.repo[strings.LastIndexByte(n.repo, '/')+1:] != p.Name {
				return false
			}
		case !n.named(repo) && !n.named(repo+"/"+p.Name):
			return false
		}
	case purl.TypeDocker:
		repo := p.Name
		if p.Namespace != "" {
			repo = p.Namespace + "/" + repo
		}
		if host := strings.TrimPrefix(q["repository_url"], "https://"); host != "" {
			repo = host + "/" + repo
		}
		if !n.named(repo) {
			return false
		}
	default:
		return false
	}
	switch {
	case strings.HasPrefix(p.Version, "sha256:"):
		return n.hasDigest(p.Version)
	case p.Version != "" && p.Version != n.tag:
		return false
	}
	return tag == "" || tag == n.tag
}

func (n imageNames) named(repo string) bool {
	ref, err := reference.ParseNormalizedNamed(repo)
	return err == nil && ref.Name() == n.repo
}

// isPackage reports whether one of the identity's package URLs names the
// package or the source package that it was built of; exact asks for its
// version, too.
func isPackage(i identity, p result.AffectedPackage, exact bool) bool {
	own, err := purl.FromString(p.PURL)
	if err != nil {
		return false
	}
	source := own
	if p.Source != "" {
		source.Name, source.Version = p.Source, p.SourceVersion
		source.Qualifiers = slices.DeleteFunc(slices.Clone(own.Qualifiers), func(q purl.Qualifier) bool { return q.Key == "arch" })
		source.Qualifiers = append(source.Qualifiers, purl.Qualifier{Key: "arch", Value: "source"})
	}
	return slices.ContainsFunc(i.purls, func(s string) bool {
		want, err := purl.FromString(s)
		return err == nil && (!exact || want.Version != "") && (within(want, own) || within(want, source))
	})
}

// within reports whether all that the general URL says holds for the special
// one.
func within(general, special purl.PackageURL) bool {
	if general.Type != special.Type || general.Namespace != special.Namespace || general.Name != special.Name ||
		general.Subpath != "" && general.Subpath != special.Subpath {
		return false
	}
	a, b := general.Version, special.Version
	if general.Type == purl.TypeGolang {
		a, b = strings.TrimPrefix(a, "v"), strings.TrimPrefix(b, "v")
	}
	if a != "" && a != b {
		return false
	}
	have := special.Qualifiers.Map()
	for k, v := range general.Qualifiers.Map() {
		got := have[k]
		// "debian-12" and "debian-12.5" are one release.
		if got != v && !(k == "distro" && got != "" && (strings.HasPrefix(v, got+".") || strings.HasPrefix(got, v+"."))) {
			return false
		}
	}
	return true
}
