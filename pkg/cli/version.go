package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	ucli "github.com/urfave/cli/v2"
)

// version is what the Go toolchain stamped, without the leading "v".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return info.Main.Version[1:]
	}
	return "0.1.0-dev"
}

// build is what can be told of this program: what the toolchain stamped, where
// it built from a clone.
func build() map[string]string {
	out := map[string]string{"version": version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	names := map[string]string{"vcs.revision": "commit", "vcs.time": "commitTime", "vcs.modified": "modified"}
	for _, s := range info.Settings {
		if name, ok := names[s.Key]; ok {
			out[name] = s.Value
		}
	}
	return out
}

func versionCommand() *ucli.Command {
	return &ucli.Command{
		Name: "version", Usage: "print the version",
		Flags: []ucli.Flag{&ucli.BoolFlag{Name: "json", Usage: "with commit, Go version and platform, as JSON"}},
		Action: func(c *ucli.Context) error {
			if c.Bool("json") {
				return printJSON(c.App.Writer, build())
			}
			_, err := fmt.Fprintln(c.App.Writer, "kustoms", version())
			return err
		},
	}
}
