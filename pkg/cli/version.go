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

func versionCommand() *ucli.Command {
	return &ucli.Command{
		Name: "version", Usage: "print the version",
		Flags: []ucli.Flag{&ucli.BoolFlag{Name: "json", Usage: "with the Go version and platform, as JSON"}},
		Action: func(c *ucli.Context) error {
			if c.Bool("json") {
				return printJSON(c.App.Writer, map[string]string{
					"version": version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
				})
			}
			_, err := fmt.Fprintln(c.App.Writer, "kustoms", version())
			return err
		},
	}
}
