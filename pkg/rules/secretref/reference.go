package secretref

import (
	"iter"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// ref is a place where an object names a Secret or ConfigMap.
type ref struct {
	Name manifest.Place
	Keys []manifest.Place // the keys that must be there; none for all
}

// references yields what the pod takes from Secrets, or from ConfigMaps, and
// must be there to start. Pull secrets are left out.
func references(pod manifest.Pod, secrets bool) iter.Seq[ref] {
	keyRef, fromRef, volume, volumeName := "configMapKeyRef", "configMapRef", "configMap", "name"
	if secrets {
		keyRef, fromRef, volume, volumeName = "secretKeyRef", "secretRef", "secret", "secretName"
	}
	return func(yield func(ref) bool) {
		seen := map[string]bool{} // a pod that takes several things from one object names it once
		add := func(name, from manifest.Place, keys ...manifest.Place) bool {
			id := name.Str()
			for _, k := range keys {
				id += "\x00" + k.Str()
			}
			if name.Str() == "" || from.At("optional").IsTrue() || seen[id] {
				return true
			}
			seen[id] = true
			return yield(ref{name, keys})
		}
		for c := range pod.Containers() {
			for e := range c.At("env").Items() {
				from := e.At("valueFrom", keyRef)
				if !add(from.At("name"), from, from.At("key")) {
					return
				}
			}
			for e := range c.At("envFrom").Items() {
				if from := e.At(fromRef); !add(from.At("name"), from) {
					return
				}
			}
		}
		for v := range pod.Spec.At("volumes").Items() {
			if from := v.At(volume); !add(from.At(volumeName), from, itemKeys(from)...) {
				return
			}
			for s := range v.At("projected", "sources").Items() {
				if from := s.At(volume); !add(from.At("name"), from, itemKeys(from)...) {
					return
				}
			}
		}
	}
}

func itemKeys(volume manifest.Place) []manifest.Place {
	var out []manifest.Place
	for it := range volume.At("items").Items() {
		out = append(out, it.At("key"))
	}
	return out
}

// ExistingParams are the parameters of the rules on missing references.
type ExistingParams struct {
	// Existing are names, or namespace/name, of objects that exist though no
	// target holds them.
	Existing []string `yaml:"existing"`
}

func (e *ExistingParams) has(namespace, name string) bool {
	return slices.Contains(e.Existing, name) || slices.Contains(e.Existing, namespace+"/"+name)
}

// keysOf are the keys of a Secret or ConfigMap.
func keysOf(o *manifest.Object) []string {
	var out []string
	for _, field := range [...]string{"data", "stringData", "binaryData"} {
		for k := range o.At(field).Entries() {
			out = append(out, k)
		}
	}
	return out
}
