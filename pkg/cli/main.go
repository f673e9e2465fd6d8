// Package cli is the command line: one file a command, flags put over the
// configuration file, the run assembled from both, and the table of exit
// codes. Nothing here ends the process; every stream is injected, so that the
// whole program runs in a test.
package cli

import (
	"context"
	"fmt"
	"io"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
)

// Main runs the program and returns its exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "kustoms: error: internal fault: %v (please report it)\n", p)
			code = exitIncomplete
		}
	}()
	app := &ucli.App{
		Name: "kustoms", Usage: "customs inspection for Kubernetes cargo", Version: version(),
		Description: `Renders the Helm charts and Kustomize overlays of a repository, checks what they
deploy, finds secrets, and writes the reports that CI platforms read.

Start with:
   kustoms scan            scan the repository that you are in
   kustoms init            write a commented configuration file`,
		Reader: stdin, Writer: stdout, ErrWriter: stderr,
		HideVersion:    true,
		ExitErrHandler: func(*ucli.Context, error) {}, // only main exits
		Commands: []*ucli.Command{
			scanCommand(stderr), ciCommand(stderr), fixCommand(stderr), renderCommand(), coverageCommand(), depsCommand(), cacheCommand(), imagesCommand(), graphCommand(), suggestCommand(), policyCommand(), inspectCommand(stderr), dbCommand(stderr), rulesCommand(), explainCommand(),
			reportCommand(), gateCommand(), diffCommand(), baselineCommand(stderr), suppressionsCommand(stderr), configCommand(), initCommand(), completionCommand(), manCommand(), versionCommand(),
		},
	}
	app.Action = func(c *ucli.Context) error {
		if !c.Args().Present() {
			return ucli.ShowAppHelp(c)
		}
		var names []string
		for _, cmd := range app.Commands {
			names = append(names, cmd.Name)
		}
		hint := suggest.DidYouMean(c.Args().First(), names)
		if hint == "" {
			hint = "kustoms --help lists the commands"
		}
		return usage(hint, "unknown command %q", c.Args().First())
	}
	wrong := func(c *ucli.Context, err error, _ bool) error {
		return usage("kustoms "+c.Command.Name+" --help lists the flags", "%v", err)
	}
	app.OnUsageError = wrong
	for _, c := range app.Commands {
		c.OnUsageError = wrong
	}
	return exit(app.RunContext(ctx, reorder(app, args)), stderr)
}
