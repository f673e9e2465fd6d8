package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/diff"
	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/git"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// side is one of the two states that are compared.
type side struct {
	run     *scan.Run
	targets map[string]result.Target
	skipped int // targets that are not rendered by themselves, or are remote
}

func newSide(c *ucli.Context, repo *source.Repo, cfg *config.Config) (*side, error) {
	run, err := assemble(c, repo, cfg)
	if err != nil {
		return nil, err
	}
	s := &side{run: run, targets: map[string]result.Target{}}
	for _, t := range run.Targets {
		switch {
		case t.Kind == result.KindFiles:
		case t.Status == result.Skipped:
			s.skipped++
		default:
			s.targets[t.Name] = t
		}
	}
	return s, nil
}

// objects renders a target to the text of each of its objects, by name. A
// target that is not there has none.
func (s *side) objects(ctx context.Context, name string) (map[string][]byte, error) {
	t, ok := s.targets[name]
	if !ok {
		return nil, nil
	}
	out, err := s.run.Render(ctx, t)
	if err != nil {
		return nil, err
	}
	objects := map[string][]byte{}
	for _, d := range out.Documents {
		key := "text that is no object"
		if err := d.Parse(); err == nil && d.Node == nil {
			continue // comments alone
		} else if err == nil {
			if all := d.Objects(); len(all) > 0 {
				key = all[0].Key.String()
			}
		}
		text := append(bytes.TrimRight(d.Text, "\n"), '\n')
		objects[key] = append(objects[key], text...) // an object that is there twice shows so
	}
	return objects, nil
}

// runRenderDiff compares what the targets deploy at rev with what they deploy
// now. No checkout is made, and nothing of either state is run.
func runRenderDiff(c *ucli.Context, rev string) error {
	repo, cfg, err := openAt(c, []string{c.String("path")})
	if err != nil {
		return err
	}
	defer repo.Close()
	now, err := newSide(c, repo, cfg)
	if err != nil {
		return err
	}
	old, err := repoAt(c, repo, rev)
	if err != nil {
		return err
	}
	defer old.Close()
	oldCfg, err := configure(c, old, []string{c.String("path")}, true)
	if err != nil {
		return fmt.Errorf("at %s: %w", rev, err)
	}
	before, err := newSide(c, old, oldCfg)
	if err != nil {
		return fmt.Errorf("at %s: %w", rev, err)
	}
	var names []string
	for _, s := range []*side{now, before} {
		for name := range s.targets {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if want := c.Args().Slice(); len(want) > 0 {
		if err := known(want, names); err != nil {
			return err
		}
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(want, n) })
	}
	return compareAll(c, before, now, names, rev, cfg.Jobs)
}

// compareAll prints the differences of the targets in order.
func compareAll(c *ucli.Context, before, now *side, names []string, rev string, jobs int) error {
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	type outcome struct {
		text   []byte
		faults []string
	}
	outcomes := make([]outcome, len(names))
	slots := make(chan struct{}, jobs)
	var wg sync.WaitGroup
	for i, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			o := &outcomes[i]
			var sides [2]map[string][]byte
			for k, s := range []*side{before, now} {
				var err error
				if sides[k], err = s.objects(c.Context, name); err != nil {
					at := ""
					if k == 0 {
						at = " at " + rev
					}
					for _, f := range render.Faults(err) {
						o.faults = append(o.faults, fmt.Sprintf("%s%s: %s", name, at, f))
					}
				}
			}
			if len(o.faults) == 0 {
				o.text = unified(name, sides[0], sides[1])
			}
		})
	}
	wg.Wait()
	if err := c.Context.Err(); err != nil {
		return context.Cause(c.Context)
	}
	color := isTerminal(c.App.Writer) && !c.Bool("no-color")
	differ, failed := 0, 0
	for _, o := range outcomes {
		for _, f := range o.faults {
			fmt.Fprintf(c.App.ErrWriter, "kustoms: %s\n", f)
		}
		if len(o.faults) > 0 {
			failed++
		}
		if len(o.text) == 0 {
			continue
		}
		differ++
		if err := printDiff(c.App.Writer, o.text, color); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.App.ErrWriter, "kustoms: targets that differ from %s: %d of %d\n", rev, differ, len(names))
	if now.skipped > 0 {
		fmt.Fprintf(c.App.ErrWriter, "kustoms: targets that are not rendered, which kustoms render --list names: %d\n", now.skipped)
	}
	switch {
	case failed > 0:
		return &codeError{exitIncomplete, fmt.Sprintf("targets that did not render: %d", failed)}
	case differ > 0 && c.Bool("exit-code"):
		return &codeError{exitGate, ""}
	}
	return nil
}

// unified is the unified difference of a target's objects, by name.
func unified(target string, before, now map[string][]byte) []byte {
	var keys []string
	for _, m := range []map[string][]byte{before, now} {
		for k := range m {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []byte
	for _, k := range slices.Compact(keys) {
		a, inA := before[k]
		b, inB := now[k]
		oldName, newName := "a/"+target+": "+k, "b/"+target+": "+k
		if !inA {
			oldName = "/dev/null"
		}
		if !inB {
			newName = "/dev/null"
		}
		out = append(out, difference(oldName, a, newName, b)...)
	}
	return out
}

// difference is the unified difference of two texts, nothing if they are equal.
func difference(oldName string, a []byte, newName string, b []byte) []byte {
	// The first line repeats the names.
	_, rest, _ := bytes.Cut(diff.Diff(oldName, a, newName, b), []byte("\n"))
	return rest
}

// printDiff colours the lines for a terminal, where control characters of the
// rendered text are shown instead of acted on.
func printDiff(w io.Writer, text []byte, color bool) error {
	if !color {
		_, err := w.Write(text)
		return err
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		code := ""
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
			code = "\x1b[1m"
		case line[0] == '-':
			code = "\x1b[31m"
		case line[0] == '+':
			code = "\x1b[32m"
		case line[0] == '@':
			code = "\x1b[36m"
		}
		line = strings.Map(func(r rune) rune {
			if r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
				return '�'
			}
			return r
		}, strings.TrimRight(line, "\r\n"))
		if code != "" {
			line = code + line + "\x1b[0m"
		}
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// repoAt serves the repository as it is at rev; "REV..." is where the
// histories of rev and HEAD part, as in git.
func repoAt(c *ucli.Context, repo *source.Repo, rev string) (*source.Repo, error) {
	r, err := git.Open(repo.Dir())
	if errors.Is(err, git.ErrNone) {
		return nil, usage("run it in a clone of the repository", "another revision: %v", err)
	}
	if err != nil {
		return nil, err
	}
	name, base := strings.CutSuffix(rev, "...")
	commit, err := r.Resolve(name)
	if err == nil && base {
		var head git.Commit
		if head, err = r.Resolve("HEAD"); err == nil {
			commit, err = r.MergeBase(commit, head)
		}
	}
	var tree source.Tree
	if err == nil {
		tree, err = r.Tree(commit, repo.Dir())
	}
	if err != nil {
		r.Close()
		var missing *git.Missing
		if errors.As(err, &missing) {
			return nil, usage(missing.Hint, "%v", err)
		}
		return nil, usage("", "%v", err)
	}
	return source.OpenTree(repo.Dir(), closing{tree, r}, repo.Limit())
}

// closing closes the git repository with the view of it.
type closing struct {
	source.Tree
	io.Closer
}
