package index

import "github.com/kustoms-dev/kustoms/pkg/manifest"

// Resource is the quantity that holds for a container once the API server has
// filled in defaults: its own, for a request its own limit, the pod's, or what
// a rendered LimitRange of the namespace gives. list is "requests" or "limits".
// What is missing is the container's own field.
func (x *Index) Resource(pod manifest.Pod, c manifest.Container, list, resource string) manifest.Place {
	own := c.At("resources", list, resource)
	candidates := []manifest.Place{own}
	if list == "requests" {
		candidates = append(candidates, c.At("resources", "limits", resource), pod.Spec.At("resources", list, resource))
	}
	candidates = append(candidates, pod.Spec.At("resources", "limits", resource))
	for _, at := range candidates {
		if at.Exists() {
			return at
		}
	}
	namespace := x.Namespace(pod.Object)
	for _, lr := range x.Kind("", "LimitRange") {
		if x.Namespace(lr) != namespace {
			continue
		}
		for item := range lr.At("spec", "limits").Items() {
			if at := containerDefault(item, list, resource); at.Exists() {
				return at
			}
		}
	}
	return own
}

// containerDefault is the default that a LimitRange's item gives containers:
// the API server takes an absent default limit from max, an absent default
// request from the default limit, and failing that from min.
func containerDefault(item manifest.Place, list, resource string) manifest.Place {
	fields := []string{"default", "max"}
	if list == "requests" {
		fields = []string{"defaultRequest", "default", "max", "min"}
	}
	if item.At("type").Str() == "Container" {
		for _, f := range fields {
			if at := item.At(f, resource); at.Exists() {
				return at
			}
		}
	}
	return manifest.Place{}
}
