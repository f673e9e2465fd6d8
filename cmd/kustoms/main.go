// Command kustoms inspects what a repository deploys to Kubernetes.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/kustoms-dev/kustoms/pkg/cli"
)

func main() {
	// Much is allocated and little lives long: a heap that may grow to three
	// times what lives saves a sixth of the time. What GOGC says stands.
	if old := debug.SetGCPercent(200); old != 100 {
		debug.SetGCPercent(old)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Main(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr))
}
