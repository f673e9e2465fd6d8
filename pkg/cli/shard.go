package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/excerpt"
	"github.com/kustoms-dev/kustoms/pkg/git"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// maxShards bounds how many parts a run can have.
const maxShards = 1000

// parseShard reads I/N; "" is the whole.
func parseShard(s string) (scan.Part, error) {
	if s == "" {
		return scan.Part{}, nil
	}
	a, b, _ := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(a)
	n, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil || i < 1 || i > n || n > maxShards {
		return scan.Part{}, usage(fmt.Sprintf("write it as --shard 1/4; N is at most %d", maxShards), "--shard: %q is no share I/N with I from 1 to N", s)
	}
	return scan.Part{Index: i, Of: n}, nil
}

// shardsFlag names the source, where shards are put together.
func shardsFlag() ucli.Flag {
	return &ucli.StringFlag{Name: "root", EnvVars: []string{"KUSTOMS_ROOT"}, Usage: "root `DIR` of the repository that shards were scanned in, to show its lines (default: the git working tree that one is in, if it is at their commit)"}
}

// checkout is the commit of the working tree that dir is in, and dir below its
// top; both are "" if it is in none.
func checkout(dir string) (commit, root string) {
	g, err := git.Open(dir)
	if err != nil {
		return "", ""
	}
	defer g.Close()
	head, err := g.Resolve("HEAD")
	if err != nil {
		return "", ""
	}
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs) // as g.Top is
	}
	if err != nil {
		return "", ""
	}
	rel, err := filepath.Rel(g.Top, abs)
	if err != nil {
		return "", ""
	}
	return head.Hash, filepath.ToSlash(rel)
}

// excerpts gives findings their source lines, from the checkout of the commit
// that the shards were scanned at. Elsewhere they stand without.
func excerpts(c *ucli.Context, s *result.Shard) (func(*result.Report), error) {
	none := func(*result.Report) {}
	dir := c.String("root")
	if dir == "" {
		g, err := git.Open(".")
		if err != nil || s.Commit == "" {
			return none, nil
		}
		defer g.Close()
		if head, err := g.Resolve("HEAD"); err != nil || head.Hash != s.Commit {
			return none, nil
		}
		dir = filepath.Join(g.Top, filepath.FromSlash(s.Root))
	} else if at, _ := checkout(dir); s.Commit != "" && at != s.Commit {
		return nil, usage("check out the commit, or leave --root out", "--root %s is not at commit %.12s, which the shards were scanned at", dir, s.Commit)
	}
	repo, err := source.OpenRepo(dir, s.MaxFileSize)
	if err != nil {
		return nil, usage("", "--root: %v", err)
	}
	return func(r *result.Report) {
		defer repo.Close()
		excerpt.Fill(repo, r)
	}, nil
}

// runShard scans a share. What it finds is judged with the other shares, so it
// ends with 0 whatever that is, and writes JSON alone.
func runShard(c *ucli.Context, stderr io.Writer) error {
	out, err := parseOutputs(c.StringSlice("report"), "", report.Options{})
	if err != nil {
		return err
	}
	for _, o := range out {
		if o.format.Name != "json" {
			return usage("write --report json=shard.json here, and the others of all shards: kustoms report SHARD.json... --report "+o.format.Name+"="+o.file,
				"a shard's findings are judged with those of the others: there is no %s report of it", o.format.Name)
		}
	}
	if len(out) == 0 {
		return usage("add --report json=shard.json", "a shard needs a JSON report, or its findings are lost")
	}
	rep, _, err := doScan(c, stderr)
	if err != nil {
		return err
	}
	if err := out.write(rep, c.App.Writer); err != nil {
		return err
	}
	if !c.Bool("quiet") {
		failed := ""
		if n := len(rep.Incomplete()); n > 0 {
			failed = fmt.Sprintf(", stages that failed: %d", n)
		}
		fmt.Fprintf(stderr, "kustoms: shard %d of %d: targets: %d of %d%s; judged when all shards are there: kustoms gate SHARD.json...\n",
			rep.Shard.Index, rep.Shard.Of, len(rep.Targets), rep.Shard.Targets, failed)
	}
	return nil
}
