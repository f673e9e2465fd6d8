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
