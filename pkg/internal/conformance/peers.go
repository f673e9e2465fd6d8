package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// rounds are how often everything is measured; the best of each counts, for
// other work on the machine only ever adds.
const rounds = 3

// cost is what a run took: wall time, CPU time, the largest memory of one
// process in bytes.
type cost struct {
	wall, cpu time.Duration
	memory    int64
}

func (c cost) String() string {
	return fmt.Sprintf("%6.2f s  %6.2f s CPU  %5d MB", c.wall.Seconds(), c.cpu.Seconds(), c.memory>>20)
}

// better is the best of two measurements.
func better(a, b cost) cost {
	if a.wall == 0 {
		return b
	}
	return cost{min(a.wall, b.wall), min(a.cpu, b.cpu), min(a.memory, b.memory)}
}

// measure runs programs one after the other. What they end with is theirs, but
// they must run.
func measure(ctx context.Context, cmds ...[]string) (c cost, err error) {
	start := time.Now()
	for _, args := range cmds {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		if err := cmd.Run(); err != nil {
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() < 0 {
				return c, fmt.Errorf("%s: %w", args[0], err)
			}
		}
		c.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			c.memory = max(c.memory, u.Maxrss<<10)
		}
	}
	c.wall = time.Since(start)
	return c, nil
}

// peersPart times the whole step, cold and warm, beside what a team would run
// instead, in turns over the same charts.
func peersPart(ctx context.Context, o options) (bool, error) {
	if o.kustoms == "" {
		return false, errors.New("-kustoms names no program to measure")
	}
	helm, err := tool(ctx, helmModule, helmVersion)
	if err != nil {
		return false, err
	}
	gitleaks, err := tool(ctx, gitleaksModule, gitleaksVersion)
	if err != nil {
		return false, err
	}
	tmp, err := os.MkdirTemp("", "kustoms-peers")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp)
	charts := filepath.Join(tmp, "charts")
	if err := os.CopyFS(charts, os.DirFS(filepath.Join(o.corpus, "charts"))); err != nil {
		return false, err
	}
	cache := filepath.Join(tmp, "cache")
	out := func(name string) string { return filepath.Join(tmp, name) }
	scan := func(name string, more ...string) []string {
		args := []string{o.kustoms, "scan", charts, "--root", charts, "--quiet", "--exit-zero"}
		for _, f := range []string{"json", "sarif", "junit", "html", "gitlab-codequality"} {
			args = append(args, "--report", f+"="+out(name+"."+f))
		}
		return append(args, more...)
	}
	if _, err := measure(ctx, scan("cold")); err != nil {
		return false, err
	}
	loop, err := helmLoop(helm, charts, out("cold.json"))
	if err != nil {
		return false, err
	}
	// What one edit a round changes.
	values := strings.Fields(strings.Join(loop[0], " "))[3] + "/values.yaml"
	if _, err := os.Stat(values); err != nil {
		return false, err
	}

	type peer struct {
		name  string
		cmds  [][]string
		setUp func() error
		cost  cost
	}
	kept := func() error { _, err := measure(ctx, scan("first", "--cache-dir", cache)); return err }
	edited := func() error {
		if err := kept(); err != nil {
			return err
		}
		f, err := os.OpenFile(values, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("# an edit\n")
		return errors.Join(err, f.Close())
	}
	peers := []*peer{
		{name: fmt.Sprintf("helm template, %d times", len(loop)), cmds: loop},
		{name: "gitleaks dir", cmds: [][]string{{gitleaks, "dir", charts, "--no-banner", "--exit-code", "0", "--log-level", "error"}}},
		{name: "kustoms scan, no cache", cmds: [][]string{scan("cold")}},
		{name: "kustoms scan, cache, one edit", cmds: [][]string{scan("edit", "--cache-dir", cache)}, setUp: edited},
		{name: "kustoms scan, cache, no edit", cmds: [][]string{scan("warm", "--cache-dir", cache)}, setUp: kept},
	}
	for _, p := range [][]string{
		{"kube-linter", "lint", charts}, {"trivy", "config", "--quiet", charts}, {"kubescape", "scan", charts}, {"checkov", "--quiet", "--compact", "-d", charts}, {"kics", "scan", "--silent", "-p", charts},
	} {
		if bin, err := exec.LookPath(p[0]); err == nil {
			peers = append(peers, &peer{name: strings.Join(p[:2], " "), cmds: [][]string{append([]string{bin}, p[1:]...)}})
		}
	}
	for range rounds {
		for _, p := range peers {
			if p.setUp != nil {
				if err := p.setUp(); err != nil {
					return false, err
				}
			}
			c, err := measure(ctx, p.cmds...)
			if err != nil {
				return false, err
			}
			p.cost = better(p.cost, c)
		}
	}
	fmt.Printf("peers: over %s, best of %d:\n", filepath.Join(o.corpus, "charts"), rounds)
	all := peers[0].cost
	for _, p := range peers {
		fmt.Printf("  %-32s %s  %.2f of the loop\n", p.name, p.cost, float64(p.cost.wall)/float64(all.wall))
	}
	cold, warm := peers[2].cost, peers[4].cost
	fmt.Printf("peers: no cache: %.2f of the loop (goal 0.25), %.2f of gitleaks (goal 0.5), %d MB (goal 400); with it: %.2f of that (goal 0.1)\n",
		ratio(cold, all), ratio(cold, peers[1].cost), cold.memory>>20, ratio(warm, cold))
	for _, f := range []string{"json", "sarif", "junit", "html", "gitlab-codequality"} {
		first, err1 := os.ReadFile(out("first." + f))
		last, err2 := os.ReadFile(out("warm." + f))
		if err := errors.Join(err1, err2); err != nil {
			return false, err
		}
		if string(first) != string(last) {
			fmt.Printf("peers: the %s report with the cache DIFFERS\n", f)
			return false, nil
		}
	}
	return true, nil
}

func ratio(a, b cost) float64 { return float64(a.wall) / float64(b.wall) }

// helmLoop is what a shell loop would run: `helm template` with the values of
// each Helm target of a report.
func helmLoop(helm, root, report string) ([][]string, error) {
	data, err := os.ReadFile(report)
	if err != nil {
		return nil, err
	}
	var r result.Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	var out [][]string
	for _, t := range r.Targets {
		if t.Kind != result.KindHelm || t.Status == result.Skipped {
			continue
		}
		args := []string{helm, "template", "release-name", filepath.Join(root, t.Path), "--include-crds", "--kube-version", kubeVersion}
		if t.Helm != nil {
			for _, v := range t.Helm.ValueFiles {
				args = append(args, "--values", filepath.Join(root, v))
			}
		}
		out = append(out, args)
	}
	if len(out) == 0 {
		return nil, errors.New("no chart is rendered")
	}
	return out, nil
}
