package ingress

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// nginxPrefix starts the annotations of the community's ingress-nginx; those
// of F5's controller start with nginx.org/.
const nginxPrefix = "nginx.ingress.kubernetes.io/"

// nginx is an annotation of ingress-nginx.
func nginx(o *manifest.Object, name string) manifest.Place {
	return o.Annotations().At(nginxPrefix + name)
}

// nginxClass reports whether ingress-nginx may serve the Ingress: its class
// says nginx, under whatever name, or says nothing.
func nginxClass(o *manifest.Object) bool {
	name := class(o).Str()
	return name == "" || strings.Contains(strings.ToLower(name), "nginx")
}

// controller is a container that runs ingress-nginx.
type controller struct {
	manifest.Container
	pod manifest.Pod
	// version is of the controller, the zero one if its image does not tell.
	version version
}

type version struct{ major, minor, patch int }

// before compares by number.
func (v version) before(w version) bool {
	if v.major != w.major {
		return v.major < w.major
	}
	return v.minor < w.minor || v.minor == w.minor && v.patch < w.patch
}

// controllers lists the ingress-nginx controllers of the target.
func controllers(x *index.Index) []controller {
	var out []controller
	for _, o := range x.Objects {
		pod, ok := o.Pod()
		if !ok {
			continue
		}
		for c := range pod.Containers(manifest.Main) {
			image := c.At("image").Str()
			if !strings.Contains(image, "ingress") {
				continue // told before it is parsed: many ask
			}
			ref, err := manifest.ParseReference(image)
			if err != nil || !nginxImage(ref.Path) {
				continue
			}
			k := controller{Container: c, pod: pod}
			if v, ok := parseVersion(ref.Tag); ok {
				k.version = v
			}
			out = append(out, k)
		}
	}
	return out
}

func nginxImage(path string) bool {
	switch path[strings.LastIndexByte(path, '/')+1:] {
	case "controller", "controller-chroot":
		return strings.Contains(path, "ingress-nginx/")
	case "ingress-nginx-controller", "nginx-ingress-controller", "nginx-ingress-controller-amd64", "mirrored-ingress-nginx-controller":
		return true
	}
	return false
}

// controllerConfig reports whether the ConfigMap configures ingress-nginx: a
// rendered controller names it, or its labels do.
func controllerConfig(x *index.Index, o *manifest.Object) bool {
	if !o.Is("", "ConfigMap") {
		return false
	}
	labels := o.Labels()
	if labels.At("app.kubernetes.io/name").Str() == "ingress-nginx" || labels.At("app").Str() == "ingress-nginx" || labels.At("app").Str() == "nginx-ingress" {
		return true
	}
	for _, c := range controllers(x) {
		for _, list := range [...]string{"command", "args"} {
			for _, arg := range c.At(list).Strings() {
				value, ok := strings.CutPrefix(arg, "--configmap=")
				if ok && value[strings.LastIndexByte(value, '/')+1:] == o.Key.Name && x.Namespace(o) == x.Namespace(c.pod.Object) {
					return true
				}
			}
		}
	}
	return false
}

// controllerConfigs lists the ConfigMaps of ingress-nginx in the target.
func controllerConfigs(x *index.Index) []*manifest.Object {
	var out []*manifest.Object
	for _, o := range x.Kind("", "ConfigMap") {
		if controllerConfig(x, o) {
			out = append(out, o)
		}
	}
	return out
}

var configMaps = rule.Kinds("", "ConfigMap")

// yes reports whether an annotation or a ConfigMap's value, which are strings,
// says true.
func yes(at manifest.Place) bool { return strings.EqualFold(strings.TrimSpace(at.Str()), "true") }

func no(at manifest.Place) bool { return strings.EqualFold(strings.TrimSpace(at.Str()), "false") }
