package pod

import (
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// isRuntimeSocket reports whether the path is a container runtime's socket.
func isRuntimeSocket(file string) bool { return slices.Contains(runtimeSockets, file) }

// sensitive names the path of the node that the host path gives away, "" if
// none. Below / and /var lies everything, so these two count only by
// themselves; of the others, what lies below counts too, and of all of them
// the folders above.
func sensitive(file string) string {
	for _, s := range sensitivePaths {
		if file == s || below(s, file) || s != "/" && s != "/var" && below(file, s) {
			return s
		}
	}
	return ""
}

// harmless reports whether reading the path gives little away.
func harmless(file string) bool {
	return strings.HasPrefix(file, "/dev/") || slices.ContainsFunc(harmlessToRead, func(h string) bool { return file == h || below(file, h) })
}

// below reports whether file lies under folder, both clean.
func below(file, folder string) bool {
	rest, ok := strings.CutPrefix(file, strings.TrimSuffix(folder, "/"))
	return ok && len(rest) > 1 && rest[0] == '/'
}

// readOnly reports whether the volume is mounted, and nowhere writable.
func readOnly(h manifest.HostPath) bool {
	return len(h.Mounts) > 0 && !slices.ContainsFunc(h.Mounts, func(m manifest.Mount) bool { return !m.ReadOnly() })
}

// isAgent reports whether a main container's image is one of the agents.
func isAgent(pod manifest.Pod, agents []string) bool {
	for c := range pod.Containers(manifest.Main) {
		ref, err := manifest.ParseReference(c.At("image").Str())
		if err != nil {
			continue
		}
		for _, pattern := range agents {
			if ok, _ := path.Match(pattern, ref.Base()); ok {
				return true
			}
		}
	}
	return false
}
