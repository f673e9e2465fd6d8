package cli

import (
	"runtime/debug"
	"strings"
)

// version is what the Go toolchain stamped, without the leading "v".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return info.Main.Version[1:]
	}
	return "0.1.0-dev"
}
