package index

import (
	"fmt"
	"strings"
)

// Version is a Kubernetes version, of major 1.
type Version struct{ Minor, Patch int }

// Newest is the version assumed for a target that names none.
var Newest = Version{Minor: 37}

// ParseVersion reads "1.31", "v1.31.2" and the like, pre-releases and build
// metadata left out; ok is false for anything else.
func ParseVersion(s string) (v Version, ok bool) {
	s = strings.TrimPrefix(s, "v")
	if i := strings.IndexAny(s, "-+"); i >= 0 {
		s = s[:i]
	}
	major := 0
	n, _ := fmt.Sscanf(s, "%d.%d.%d", &major, &v.Minor, &v.Patch)
	return v, n >= 2 && major == 1
}

// Version is the Kubernetes version that the target is meant for.
func (x *Index) Version() Version {
	if v, ok := ParseVersion(x.Target.KubeVersion); ok {
		return v
	}
	return Newest
}

// Before reports whether v is older than 1.minor.patch.
func (v Version) Before(minor, patch int) bool {
	return v.Minor < minor || v.Minor == minor && v.Patch < patch
}

// String is "1.MINOR".
func (v Version) String() string { return fmt.Sprintf("1.%d", v.Minor) }
