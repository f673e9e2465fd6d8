package image

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// namesImages matches objects that name an image anywhere.
func namesImages(o *manifest.Object) bool {
	for range o.Images() {
		return true
	}
	return false
}

// subject names the image, and the container if one names it.
func subject(img manifest.Image) string {
	if img.Container == "" {
		return fmt.Sprintf("image %q", img.Str())
	}
	return fmt.Sprintf("image %q of container %q", img.Str(), img.Container)
}

// pull is an image of a pod with the field that says when nodes pull it.
type pull struct {
	manifest.Image
	policy manifest.Place
}

// pulls lists the images of the pod whose reference a runtime accepts.
func pulls(pod manifest.Pod) []pull {
	var out []pull
	for c := range pod.Containers() {
		if !pod.Injected(c) {
			out = append(out, pull{manifest.Image{Place: c.At("image"), Container: c.Name}, c.At("imagePullPolicy")})
		}
	}
	for v := range pod.Spec.At("volumes").Items() {
		if ref := v.At("image", "reference"); ref.Exists() {
			out = append(out, pull{manifest.Image{Place: ref}, v.At("image", "pullPolicy")})
		}
	}
	return slices.DeleteFunc(out, func(p pull) bool { _, ok := p.Reference(); return !ok })
}

// effective is the pull policy, the API's default where none is written.
func (p pull) effective() string {
	if s := p.policy.Str(); s != "" {
		return s
	}
	if ref, _ := p.Reference(); ref.Digest == "" && (ref.Tag == "" || ref.Tag == "latest") {
		return "Always"
	}
	return "IfNotPresent"
}

// named reports whether the reference's path is one of the names or ends with
// one, so that mirrors count: "library/node" is docker.io/library/node, and
// mirror.example.com/hub/library/node too.
func named(ref manifest.Reference, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		return ref.Path == n || strings.HasSuffix(ref.Path, "/"+n)
	})
}

// release is the numbers that a tag starts with, after an optional "v": 8, 2
// and 1 of "v8.2.1-alpine"; nil if it does not start so.
func release(tag string) []int {
	tag = strings.TrimPrefix(tag, "v")
	if i := strings.IndexAny(tag, "-_+"); i >= 0 {
		tag = tag[:i]
	}
	var out []int
	for part := range strings.SplitSeq(tag, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// within reports whether the release is of the line: 14.21.3 is of 14.
func within(r, line []int) bool {
	return len(r) >= len(line) && slices.Equal(r[:len(line)], line)
}

// before reports whether the release is older than v. Numbers that it leaves
// out count as the newest: the tag "7.2" moves with every patch.
func before(r, v []int) bool {
	for i, n := range v {
		if i == len(r) {
			return false
		}
		if r[i] != n {
			return r[i] < n
		}
	}
	return false
}
