package ingress

import (
	"regexp"
	"strconv"
)

var release = regexp.MustCompile(`^(?:nginx-|v)?(\d{1,4})\.(\d{1,4})\.(\d{1,4})`)

// parseVersion reads a tag such as v1.12.1 or nginx-0.30.0.
func parseVersion(tag string) (v version, ok bool) {
	m := release.FindStringSubmatch(tag)
	if m == nil {
		return v, false
	}
	n := [3]int{}
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // the pattern admits digits only
	}
	return version{n[0], n[1], n[2]}, true
}
