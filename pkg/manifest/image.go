package manifest

import (
	"iter"
	"strings"

	"github.com/distribution/reference"
)

// Image is a place where an object names a container image.
type Image struct {
	Place
	Container string // the container's name, "" if no container names it

	ref string // where the place holds more than the reference, or a part of it
}

// Ref is the reference as written.
func (i Image) Ref() string {
	if i.ref != "" {
		return i.ref
	}
	return i.Str()
}

// Images yields what the object names as images: the image of every container,
// whether written or not, unless something injects it, image volumes, and the
// image fields of the custom resources in operatorImages.
func (o *Object) Images() iter.Seq[Image] {
	return func(yield func(Image) bool) {
		if pod, ok := o.Pod(); ok {
			for c := range pod.Containers() {
				if !pod.Injected(c) && !yield(Image{Place: c.At("image"), Container: c.Name}) {
					return
				}
			}
			for v := range pod.Spec.At("volumes").Items() {
				if ref := v.At("image", "reference"); ref.Exists() && !yield(Image{Place: ref}) {
					return
				}
			}
		}
		for _, path := range operatorImages[o.Key.Group()+"/"+o.Key.Kind] {
			for p := range o.Root().Each(path) {
				if p.Str() != "" && !yield(Image{Place: p}) {
					return
				}
			}
		}
	}
}

// Each yields the places at a path of names with dots between, where one that
// ends in "[]" stands for every item of a list: "spec.images[].image".
func (p Place) Each(path string) iter.Seq[Place] {
	return func(yield func(Place) bool) { p.walk(strings.Split(path, "."), yield) }
}

func (p Place) walk(path []string, yield func(Place) bool) bool {
	if len(path) == 0 {
		return yield(p)
	}
	name, list := strings.CutSuffix(path[0], "[]")
	q := p.At(name)
	if !list {
		return q.walk(path[1:], yield)
	}
	for it := range q.Items() {
		if !it.walk(path[1:], yield) {
			return false
		}
	}
	return true
}

// Reference is a parsed image reference, completed as container runtimes
// complete it: no registry means docker.io, and no folder there "library".
type Reference struct {
	Registry string // docker.io
	Path     string // library/nginx
	Tag      string // "" if none
	Digest   string // "sha256:…", "" if none
}

// Reference parses the image; ok is false where a runtime would refuse it.
func (i Image) Reference() (ref Reference, ok bool) {
	ref, err := ParseReference(i.Ref())
	return ref, err == nil
}

// ParseReference parses an image reference with the parser that the container
// runtimes use.
func ParseReference(s string) (Reference, error) {
	named, err := reference.ParseNormalizedNamed(s)
	if err != nil {
		return Reference{}, err
	}
	r := Reference{Registry: reference.Domain(named), Path: reference.Path(named)}
	if t, ok := named.(reference.Tagged); ok {
		r.Tag = t.Tag()
	}
	if d, ok := named.(reference.Digested); ok {
		r.Digest = d.Digest().String()
	}
	return r, nil
}

// Name is the reference without tag and digest: "docker.io/library/nginx".
func (r Reference) Name() string { return r.Registry + "/" + r.Path }

// Base is the last component of the path: "nginx".
func (r Reference) Base() string { return r.Path[strings.LastIndexByte(r.Path, '/')+1:] }

// Under reports whether the reference's name is prefix or lies below it, by
// whole path components: "docker.io/bitnami" holds "docker.io/bitnami/redis"
// and not "docker.io/bitnamilegacy/redis".
func (r Reference) Under(prefix string) bool {
	rest, ok := strings.CutPrefix(r.Name(), strings.TrimSuffix(prefix, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
