// Package ruletest runs rules over fixtures that say, on the line where a
// finding must land, what it must say:
//
//	securityContext: {} # want "container \"web\" may run as root"
//
// A quoted string must be part of the message of one finding whose primary
// location is that line; "want+2" and "want-1" speak of a line nearby, for
// places where no comment can stand. Every finding must be wanted and every
// want met. A fixture is testdata/<id>.yaml, or testdata/<id>.txtar for a
// chart or an overlay, with the comments in its template, values or patch. In a
// family without an Expander the archive is a repository whose own files the
// rule reads.
//
// In a .yaml fixture, a line "# case: NAME" starts a new universe of objects,
// and below it (or on top of the file) "# params: {...}", "# target: {...}"
// and "# intents: [...]" configure the rule, the target and the run. A fixture without a want, or without an
// object that stays silent, proves nothing and fails.
package ruletest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Expander turns the files of a .txtar fixture into rendered outputs; it is
// what knows Helm and Kustomize, so that families without such fixtures do
// not link them.
type Expander func(ctx context.Context, repo *source.Repo) ([]result.Target, map[result.TargetKind]render.Renderer, error)

// Run tests each rule of a family against its fixture. expand may be nil if
// the family has no .txtar fixtures to render.
func Run(t *testing.T, rules []*rule.Rule, expand Expander) {
	t.Helper()
	known := map[string]bool{}
	for _, r := range rules {
		known[r.ID] = true
		t.Run(r.ID, func(t *testing.T) { testRule(t, r, expand) })
	}
	entries, err := os.ReadDir("testdata")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		id := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		if !e.IsDir() && !known[id] {
			t.Errorf("testdata/%s tests no rule of this family", e.Name())
		}
	}
}

func testRule(t *testing.T, r *rule.Rule, expand Expander) {
	found := false
	var total tally
	for _, ext := range []string{".yaml", ".txtar"} {
		path := filepath.Join("testdata", r.ID+ext)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		found = true
		cases := Cases(data)
		if ext == ".txtar" {
			cases = []Case{{Name: "archive", Archive: data}}
		}
		for _, c := range cases {
			total.add(c.check(t, path, r, expand))
		}
	}
	switch {
	case !found:
		t.Errorf("no fixture: write testdata/%s.yaml", r.ID)
	case total.wants == 0:
		t.Errorf("the fixture wants nothing: add a faulty object with a want comment")
	case total.silent == 0:
		t.Errorf("no object of the fixture stays silent: add a good one")
	}
}

type tally struct{ wants, silent int }

func (a *tally) add(b tally) { a.wants += b.wants; a.silent += b.silent }

func (c Case) check(t *testing.T, path string, r *rule.Rule, expand Expander) tally {
	t.Helper()
	var params any
	if r.Params != nil {
		params = r.Params()
		if c.Params != "" {
			if err := yaml.Unmarshal([]byte(c.Params), params); err != nil {
				t.Fatalf("%s: params: %v", path, err)
			}
		}
	}
	target := result.Target{Name: "fixture", Kind: result.KindPlain}
	if c.Target != "" {
		if err := decodeTarget(c.Target, &target); err != nil {
			t.Fatalf("%s: target: %v", path, err)
		}
	}
	wants := map[string][]string{} // "file:line" → messages
	files := map[string][]byte{}
	if c.Archive != nil {
		for _, f := range txtar.Parse(c.Archive).Files {
			files[f.Name] = f.Data
		}
	} else {
		files["fixture.yaml"] = append(bytes.Repeat([]byte("\n"), c.Line-1), c.Text...)
	}
	dir := t.TempDir()
	for name, data := range files {
		collectWants(name, data, wants)
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	targets := []result.Target{target}
	renderers := map[result.TargetKind]render.Renderer{result.KindPlain: &plain.Renderer{Repo: repo}}
	switch {
	case c.Archive == nil:
		targets[0].Files = []string{"fixture.yaml"}
	case expand == nil:
		targets[0].Kind, targets[0].Files = result.KindFiles, slices.Sorted(maps.Keys(files))
	default:
		if targets, renderers, err = expand(t.Context(), repo); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	set := rule.NewSet([]*rule.Rule{r}, map[string]any{r.ID: params})
	var intents []intent.Intent
	if err := yaml.Unmarshal([]byte(c.Intents), &intents); err != nil {
		t.Fatalf("%s: intents: %v", path, err)
	}
	set.Intents = intent.NewList(intents)
	count := tally{}
	for _, w := range wants {
		count.wants += len(w)
	}
	for _, tg := range targets {
		var x *index.Index
		if tg.Kind == result.KindFiles {
			x = index.New(tg, nil)
			x.Repo, x.Files = repo, tg.Files
			for _, data := range files {
				if !wantComment.Match(data) {
					count.silent++
				}
			}
		} else {
			x = load(t, path, renderers[tg.Kind], tg)
		}
		var sink result.Sink
		if err := set.Analyze(t.Context(), x, &sink); err != nil {
			t.Fatal(err)
		}
		findings, stages := sink.Take()
		for _, s := range stages {
			if s.Status == result.Failed {
				t.Errorf("%s: %s", path, s.Reason)
			}
		}
		loud := map[result.Key]bool{}
		for _, f := range findings {
			loud[f.Object] = true
			at := fmt.Sprintf("%s:%d", f.Loc.Primary.Path, f.Loc.Primary.Start.Line)
			i := slices.IndexFunc(wants[at], func(w string) bool { return strings.Contains(f.Message, w) })
			if i < 0 {
				t.Errorf("%s (%s): unexpected finding at %s: %s", path, c.Name, at, f.Message)
				continue
			}
			wants[at] = slices.Delete(wants[at], i, i+1)
		}
		for _, o := range x.Objects {
			if !loud[o.Key] {
				count.silent++
			}
		}
	}
	for at, ws := range wants {
		for _, w := range ws {
			t.Errorf("%s (%s): no finding at %s with %q", path, c.Name, at, w)
		}
	}
	return count
}

func decodeTarget(text string, t *result.Target) error {
	var in struct {
		Name        string
		Namespace   string
		KubeVersion string `yaml:"kubeVersion"`
	}
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&in); err != nil {
		return err
	}
	if in.Name != "" {
		t.Name = in.Name
	}
	if in.Namespace != "" {
		t.Helm = &result.Helm{Namespace: in.Namespace}
	}
	t.KubeVersion = in.KubeVersion
	return nil
}

func load(t *testing.T, path string, r render.Renderer, tg result.Target) *index.Index {
	t.Helper()
	out, err := r.Render(t.Context(), tg)
	if err != nil {
		t.Fatalf("%s: rendering: %v", path, err)
	}
	for _, d := range out.Documents {
		if err := d.Parse(); err != nil {
			t.Fatalf("%s: %s: %v", path, d.Path, err)
		}
	}
	if tg.KubeVersion == "" {
		tg.KubeVersion = out.KubeVersion
	}
	return index.New(tg, out.Documents)
}
