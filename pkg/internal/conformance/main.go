// Command conformance measures kustoms' rendering against the programs that
// it must equal, over a corpus of real charts and overlays, and prints the
// figures. It builds those programs from their Go modules, at the versions of
// the libraries that kustoms links, into a cache directory.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/heap"
)

// part measures one thing and reports whether it conforms.
type part struct {
	name string
	run  func(ctx context.Context, o options) (ok bool, err error)
	// apart says that the part runs only when it is named: it measures time,
	// which says nothing on a machine with other work.
	apart bool
}

// options are the command's flags.
type options struct {
	corpus  string
	verbose bool
	kustoms string // program to time
	plot    string // file to draw growth into
}

func main() {
	heap.Pace() // as cmd/kustoms
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	parts := []part{
		{name: "helm", run: helmPart},
		{name: "kustomize", run: kustomizePart},
		{name: "helm-origins", run: tracePart},
		{name: "gitops", run: gitopsPart},
		{name: "labels", run: labelsPart},
		{name: "secrets", run: secretsPart},
		{name: "schemas", run: schemasPart},
		{name: "peers", run: peersPart, apart: true},
		{name: "growth", run: growthPart, apart: true},
	}
	var o options
	var only string
	flag.StringVar(&o.corpus, "corpus", os.Getenv("KUSTOMS_CORPUS"), "directory of the corpus")
	flag.StringVar(&only, "only", "", "run one part only")
	flag.BoolVar(&o.verbose, "v", false, "print each failure too")
	flag.StringVar(&o.kustoms, "kustoms", "", "program that peers and growth time")
	flag.StringVar(&o.plot, "plot", "", "SVG file that growth draws")
	flag.Parse()
	if _, err := os.Stat(o.corpus); o.corpus == "" || err != nil {
		fmt.Println("conformance: skipped: no corpus (set CORPUS to its directory)")
		return 0
	}
	code := 0
	for _, p := range parts {
		if only != "" && only != p.name || only == "" && p.apart {
			continue
		}
		ok, err := p.run(ctx, o)
		switch {
		case err != nil:
			fmt.Fprintf(os.Stderr, "conformance: %s: %v\n", p.name, err)
			return 2
		case !ok:
			code = 1
		}
	}
	return code
}

// tool builds the main package pkg at version into the cache and returns the
// program's path.
func tool(ctx context.Context, pkg, version string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "kustoms-conformance", strings.ReplaceAll(pkg, "/", "_")+"@"+version)
	name := filepath.Base(pkg)
	if strings.HasPrefix(name, "v") { // a major version: the name is before it
		name = filepath.Base(filepath.Dir(pkg))
	}
	bin := filepath.Join(dir, name)
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	cmd := exec.CommandContext(ctx, "go", "install", pkg+"@"+version)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s@%s: %w\n%s", pkg, version, err, out)
	}
	return bin, nil
}
