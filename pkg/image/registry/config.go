package registry

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// maxLeaks bounds the leaks of one image's configuration.
const maxLeaks = 100

// Configure adds what the image's configuration says. A secret in it is for
// everyone who may pull the image: of it the inventory holds the rule and the
// place, and a step of the history that has one is not repeated.
func (m *Image) Configure(inv *image.Inventory) {
	cf := m.Config
	inv.Config = &image.Config{User: cf.Config.User}
	if m.secrets == nil {
		return
	}
	inv.Leaks = nil
	look := func(name, text, where string) (found bool) {
		for _, f := range m.secrets(name, text) {
			found = true
			if len(inv.Leaks) < maxLeaks {
				inv.Leaks = append(inv.Leaks, image.Leak{Rule: f.Rule, Severity: f.Severity, Where: where})
			}
		}
		return found
	}
	for _, env := range cf.Config.Env {
		key, _, _ := strings.Cut(env, "=")
		look(".env", env+"\n", fmt.Sprintf("environment variable %q", key))
	}
	for key, value := range sorted(cf.Config.Labels) {
		look(".env", key+"="+value+"\n", fmt.Sprintf("label %q", key))
	}
	steps, layer := 0, 0
	for _, h := range cf.History {
		if !h.EmptyLayer {
			steps++
		}
	}
	for i, h := range cf.History {
		leaks := look("Dockerfile", h.CreatedBy+"\n"+h.Comment+"\n", fmt.Sprintf("step %d of the history", i+1))
		if h.EmptyLayer {
			continue
		}
		if leaks && steps == len(inv.Layers) {
			inv.Layers[layer].CreatedBy = "(a step that holds a secret)"
		}
		layer++
	}
	if len(inv.Leaks) == 0 && m.keep != nil {
		m.keep()
	}
}

// sorted yields a map in the order of its keys.
func sorted(m map[string]string) func(func(k, v string) bool) {
	return func(yield func(k, v string) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
