package manifest

import (
	"iter"
	"strings"
)

// ArgImages yields the images that operators are told to start, in arguments
// and variables that operatorFlags and operatorVars know.
func (o *Object) ArgImages() iter.Seq[Image] {
	return func(yield func(Image) bool) {
		pod, ok := o.Pod()
		if !ok {
			return
		}
		for c := range pod.Containers() {
			for _, list := range [...]string{"command", "args"} {
				known := false // the argument before was a flag of ours
				for a := range c.At(list).Items() {
					flag, ref, joined := strings.Cut(a.Str(), "=")
					is := operatorFlags[strings.TrimLeft(flag, "-")] && strings.HasPrefix(flag, "-")
					switch {
					case is && joined:
					case known && !strings.HasPrefix(flag, "-"):
						ref = a.Str()
					default:
						known = is
						continue
					}
					known = false
					if shaped(ref) && !yield(Image{Place: a, ref: ref}) {
						return
					}
				}
			}
			for e := range c.At("env").Items() {
				if v := e.At("value"); strings.HasPrefix(e.At("name").Str(), relatedImage) && shaped(v.Str()) && !yield(Image{Place: v}) {
					return
				}
			}
		}
	}
}

// ImageLike yields values that look like images and that neither Images nor
// ArgImages know to be run: fields called image or …Image, a repository beside
// a tag, and arguments and variables whose name speaks of an image.
// Definitions of resources and configuration files within text are passed over.
func (o *Object) ImageLike() iter.Seq[Image] {
	return func(yield func(Image) bool) {
		if o.Key.Kind == "CustomResourceDefinition" {
			return
		}
		known := map[string]bool{}
		for img := range o.Images() {
			known[img.Path()] = true
		}
		for img := range o.ArgImages() {
			known[img.Path()] = true
		}
		o.Root().imageLike("", func(i Image) bool { return known[i.Path()] || yield(i) })
	}
}

// imageLike walks below p, which stands under key.
func (p Place) imageLike(key string, yield func(Image) bool) bool {
	switch {
	case p.IsMap():
		if repo, tag := p.At("repository"), p.At("tag"); repo.Str() != "" && tag.Str() != "" {
			name := repo.Str() + ":" + tag.Str()
			if reg := p.At("registry").Str(); reg != "" {
				name = reg + "/" + name
			}
			if shaped(name) && !yield(Image{Place: repo, ref: name}) {
				return false
			}
		}
		if name, v := p.At("name").Str(), p.At("value"); strings.Contains(name, "IMAGE") && shaped(v.Str()) {
			return yield(Image{Place: v})
		}
		for k, v := range p.Entries() {
			if !v.imageLike(k, yield) {
				return false
			}
		}
	case p.IsList():
		for it := range p.Items() {
			if !it.imageLike(key, yield) {
				return false
			}
		}
	case key == "args" || key == "command":
		flag, ref, ok := strings.Cut(p.Str(), "=")
		if ok && strings.HasPrefix(flag, "-") && strings.Contains(flag, "image") && shaped(ref) {
			return yield(Image{Place: p, ref: ref})
		}
	case (key == "image" || strings.HasSuffix(key, "Image")) && shaped(p.Str()):
		return yield(Image{Place: p})
	}
	return true
}

// shaped reports whether s is an image reference that says so itself: with a
// tag or a digest.
func shaped(s string) bool {
	if len(s) > 512 || strings.ContainsAny(s, " \n{$") || strings.Contains(s, "://") {
		return false
	}
	r, err := ParseReference(s)
	return err == nil && (r.Tag != "" || r.Digest != "")
}
