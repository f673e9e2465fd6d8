package manifest

import "gopkg.in/yaml.v3"

// Equal reports whether two places hold the same value, however written: keys
// in any order, absent like null.
func Equal(a, b Place) bool {
	if !a.Exists() || !b.Exists() {
		return a.Exists() == b.Exists()
	}
	if a.node.Kind != b.node.Kind || a.Len() != b.Len() {
		return false
	}
	switch a.node.Kind {
	case yaml.MappingNode:
		for k, v := range a.Entries() {
			if w := b.At(k); !w.Exists() && v.Exists() || !Equal(v, w) {
				return false
			}
		}
		return true
	case yaml.SequenceNode:
		for i := range a.Len() {
			if !Equal(a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	}
	return a.node.Value == b.node.Value && a.node.Tag == b.node.Tag
}
