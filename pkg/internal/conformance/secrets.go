package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/internal/leakset"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// What the secrets part must reach.
const (
	minKubeRecall = 0.95
	maxAlarms     = 0.5 // of gitleaks'
	minSpeedup    = 8.0
)

const (
	gitleaksModule  = "github.com/zricethezav/gitleaks/v8"
	gitleaksVersion = "v8.30.1"
)

// secretsPart compares the secrets with the gitleaks program: on the labelled
// set by what is found and what is falsely alarmed at, on the corpus by time,
// and there everything that gitleaks reports must be accounted for.
func secretsPart(ctx context.Context, o options) (bool, error) {
	bin, err := tool(ctx, gitleaksModule, gitleaksVersion)
	if err != nil {
		return false, err
	}
	good, err := labelledSecrets(ctx, o, bin)
	if err != nil {
		return false, err
	}
	fast, err := corpusSecrets(ctx, o, bin)
	return good && fast, err
}

// labelledSecrets scans the set with both programs.
func labelledSecrets(ctx context.Context, o options, bin string) (bool, error) {
	cases, err := leakset.Read(filepath.Join("pkg", "secret", "testdata", "labelled.txt"))
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "kustoms-secrets")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if err := leakset.Write(dir, cases); err != nil {
		return false, err
	}
	theirs, _, err := gitleaks(ctx, bin, dir)
	if err != nil {
		return false, err
	}
	ours, err := kustoms(ctx, dir)
	if err != nil {
		return false, err
	}
	ok := true
	for _, class := range []struct {
		name string
		keep func(leakset.Case) bool
	}{
		{"kubernetes", func(c leakset.Case) bool { return c.Kube }},
		{"other", func(c leakset.Case) bool { return !c.Kube }},
		{"all", func(leakset.Case) bool { return true }},
	} {
		k, g := leakset.Grade(cases, ours, class.keep), leakset.Grade(cases, theirs, class.keep)
		fmt.Printf("secrets: %s: of %d leaks kustoms found %d (%.1f %%), gitleaks %d (%.1f %%); false alarms %d and %d\n",
			class.name, k.Leaks, k.Found, 100*k.Recall(), g.Found, 100*g.Recall(), k.False, g.False)
		if o.verbose {
			fmt.Printf("secrets: %s: missed %q, false %q\n", class.name, k.Missed, k.Alarms)
		}
		ok = ok && k.Recall() >= g.Recall() && float64(k.False) <= maxAlarms*float64(g.False) &&
			(class.name != "kubernetes" || k.Recall() >= minKubeRecall)
	}
	return ok, nil
}

// kustoms runs a whole scan of dir by the program built from this tree.
func kustoms(ctx context.Context, dir string) (map[string][]leakset.Lines, error) {
	bin := filepath.Join(dir, "..", filepath.Base(dir)+".bin")
	defer os.Remove(bin)
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/kustoms").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building kustoms: %w\n%s", err, out)
	}
	cmd := exec.CommandContext(ctx, bin, "scan", "--root", dir, "--rules", "secret", "--format", "json", "--exit-zero", dir)
	cmd.Stderr = os.Stderr
	data, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var rep result.Report
	if err := json.Unmarshal(data, &rep); err != nil {
		return nil, err
	}
	found := map[string][]leakset.Lines{}
	for _, f := range rep.Findings {
		at := f.Loc.Primary
		found[at.Path] = append(found[at.Path], leakset.Lines{From: at.Start.Line, To: at.EndLine()})
	}
	return found, nil
}

// gitleaks runs the program over the files of dir, and gives the CPU time
// that it took.
func gitleaks(ctx context.Context, bin, dir string) (map[string][]leakset.Lines, time.Duration, error) {
	f, err := os.CreateTemp("", "gitleaks*.json")
	if err != nil {
		return nil, 0, err
	}
	f.Close()
	defer os.Remove(f.Name())
	cmd := exec.CommandContext(ctx, bin, "dir", dir, "--no-banner", "--log-level", "error", "--exit-code", "0", "--redact", "--report-format", "json", "--report-path", f.Name())
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, 0, fmt.Errorf("gitleaks: %w\n%s", err, out)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		return nil, 0, err
	}
	var findings []struct {
		File               string
		StartLine, EndLine int
	}
	if err := json.Unmarshal(data, &findings); err != nil {
		return nil, 0, err
	}
	found := map[string][]leakset.Lines{}
	for _, g := range findings {
		rel, err := filepath.Rel(dir, g.File)
		if err != nil {
			return nil, 0, err
		}
		rel = filepath.ToSlash(rel)
		found[rel] = append(found[rel], leakset.Lines{From: g.StartLine, To: g.EndLine})
	}
	return found, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// corpusSecrets times both over the corpus, in turns, and looks for each of
// gitleaks' findings among ours: as a leak, or as what was taken for none.
func corpusSecrets(ctx context.Context, o options, bin string) (bool, error) {
	best := func(d *time.Duration, n time.Duration) {
		if *d == 0 || n < *d {
			*d = n
		}
	}
	var theirs, ours, theirWall, ourWall time.Duration
	var g, k map[string][]leakset.Lines
	leaks := 0
	for range 2 {
		var cpu time.Duration
		var err error
		start := time.Now()
		if g, cpu, err = gitleaks(ctx, bin, o.corpus); err != nil {
			return false, err
		}
		best(&theirs, cpu)
		best(&theirWall, time.Since(start))
		start = time.Now()
		before := cpuTime()
		if k, leaks, err = scanCorpus(ctx, o.corpus); err != nil {
			return false, err
		}
		best(&ours, cpuTime()-before)
		best(&ourWall, time.Since(start))
	}
	missing, total := 0, 0
	for path, lines := range g {
		for _, l := range lines {
			total++
			hit := false
			for _, f := range k[path] {
				hit = hit || f.From <= max(l.To, l.From) && l.From <= max(f.To, f.From)
			}
			if !hit {
				missing++
				fmt.Printf("secrets: corpus: gitleaks' finding at %s:%d is not accounted for\n", path, l.From)
			}
		}
	}
	ratio := float64(theirs) / float64(max(ours, 1))
	fmt.Printf("secrets: corpus: gitleaks %d findings, %d not accounted for; kustoms %d leaks\n", total, missing, leaks)
	fmt.Printf("secrets: corpus: gitleaks %.1f s CPU (%.1f s), kustoms %.1f s CPU (%.1f s): %.1f times faster by CPU, %.1f by the clock\n",
		theirs.Seconds(), theirWall.Seconds(), ours.Seconds(), ourWall.Seconds(), ratio, float64(theirWall)/float64(max(ourWall, 1)))
	return missing == 0 && ratio >= minSpeedup, nil
}

// scanCorpus looks through the files as a scan does, and lists lookalikes too.
func scanCorpus(ctx context.Context, dir string) (found map[string][]leakset.Lines, leaks int, err error) {
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		return nil, 0, err
	}
	defer repo.Close()
	all, err := discover.Find(ctx, repo, discover.Options{Paths: []string{"."}})
	if err != nil {
		return nil, 0, err
	}
	a, err := secret.New(secret.Options{Repo: repo})
	if err != nil {
		return nil, 0, err
	}
	a.Lookalikes = true
	var sink result.Sink
	for _, t := range all.Targets {
		if t.Kind == result.KindFiles {
			x := index.New(t, nil)
			x.Repo, x.Files = repo, t.Files
			if err := a.Analyze(ctx, x, &sink); err != nil {
				return nil, 0, err
			}
		}
	}
	fs, stages := sink.Take()
	found = map[string][]leakset.Lines{}
	for _, f := range fs {
		at := f.Loc.Primary
		found[at.Path] = append(found[at.Path], leakset.Lines{From: at.Start.Line, To: at.EndLine()})
		if f.Leak != nil {
			leaks++
		}
	}
	for _, s := range stages {
		err = errors.Join(err, errors.New(s.Reason))
	}
	return found, leaks, err
}
