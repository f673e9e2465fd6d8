package manifest

import (
	"iter"
	"strings"
)

// Capabilities yields the entries of securityContext.capabilities.add or
// .drop, with their names as the kernel's headers have them but for "CAP_".
func (c Container) Capabilities(list string) iter.Seq2[string, Place] {
	return func(yield func(string, Place) bool) {
		for it := range c.At("securityContext", "capabilities", list).Items() {
			if name := strings.TrimPrefix(strings.ToUpper(it.Str()), "CAP_"); name != "" && !yield(name, it) {
				return
			}
		}
	}
}

// Privileged reports whether the container sets privileged: true.
func (c Container) Privileged() bool { return c.At("securityContext", "privileged").IsTrue() }

// Adds reports whether the container adds the capability, by name or by ALL.
func (c Container) Adds(capability string) bool {
	for name := range c.Capabilities("add") {
		if name == capability || name == "ALL" {
			return true
		}
	}
	return false
}

// Handlers yields the probes and lifecycle hooks that the container sets.
func (c Container) Handlers() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for _, h := range [...]Place{
			c.At("livenessProbe"), c.At("readinessProbe"), c.At("startupProbe"),
			c.At("lifecycle", "postStart"), c.At("lifecycle", "preStop"),
		} {
			if h.Exists() && !yield(h) {
				return
			}
		}
	}
}

// Sidecar reports whether the container is an init container that stays.
func (c Container) Sidecar() bool {
	return c.Kind == Init && c.At("restartPolicy").Str() == "Always"
}

// Port finds the declared port that a name or a number stands for.
func (c Container) Port(nameOrNumber string) (port Place, ok bool) {
	for p := range c.At("ports").Items() {
		if p.At("name").Str() == nameOrNumber || p.At("containerPort").Str() == nameOrNumber {
			return p, nameOrNumber != ""
		}
	}
	return Place{}, false
}
