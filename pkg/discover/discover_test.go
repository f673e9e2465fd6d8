package discover_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Each archive is a repository. Its comment may hold lines "paths: A B" (a run
// for each such line) and "skip: C"; the golden file beside it is
// the list of targets.
func TestFind(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			repo := open(t, a)
			var got strings.Builder
			for _, opt := range options(string(a.Comment)) {
				fmt.Fprintf(&got, "== %s\n", strings.Join(opt.Paths, " "))
				found, err := discover.Find(t.Context(), repo, opt)
				if err != nil {
					fmt.Fprintf(&got, "error: %v\n", err)
					continue
				}
				targets := found.Targets
				for i := range targets {
					describe(&got, &targets[i])
				}
			}
			golden.Check(t, strings.TrimSuffix(file, ".txtar")+".golden", []byte(got.String()))
		})
	}
}

// open writes the archive below a temporary directory. A file whose content is
// "link: TARGET" is a symbolic link, one of "binary" holds a NUL.
func open(t *testing.T, a *txtar.Archive) *source.Repo {
	t.Helper()
	dir := t.TempDir()
	for _, f := range a.Files {
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if to, ok := strings.CutPrefix(string(f.Data), "link: "); ok {
			if err := os.Symlink(strings.TrimSpace(to), p); err != nil {
				t.Skipf("no symbolic links here: %v", err)
			}
			continue
		}
		if string(f.Data) == "binary\n" {
			f.Data = []byte("\x00")
		}
		if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

func options(comment string) []discover.Options {
	var base discover.Options
	var out []discover.Options
	for line := range strings.Lines(comment) {
		line = strings.TrimSpace(line)
		if p, ok := strings.CutPrefix(line, "paths: "); ok {
			o := base
			o.Paths = strings.Fields(p)
			out = append(out, o)
		} else if s, ok := strings.CutPrefix(line, "skip: "); ok {
			base.Skip = func(p string) bool { return p == s }
		}
	}
	if out == nil {
		out = append(out, base)
	}
	return out
}

// describe writes what a target says, and what its JSON leaves out.
func describe(w *strings.Builder, t *result.Target) {
	fmt.Fprintf(w, "%s %s\n", t.Kind, t.Name)
	line := func(name string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		if s := string(b); s != "null" && s != "{}" && s != `""` {
			fmt.Fprintf(w, "  %s: %s\n", name, strings.Trim(s, `"`))
		}
	}
	if t.Path != t.Name && t.Kind != result.KindFiles {
		line("path", t.Path)
	}
	if t.From != "" {
		line("from", t.At.String())
	}
	line(string(t.Status), t.Reason)
	line("files", t.Files)
	line("namespace", t.Namespace)
	line("kubeVersion", t.KubeVersion)
	if t.Helm != nil {
		line("helm", t.Helm)
		for _, in := range t.Helm.Inline {
			fmt.Fprintf(w, "  inline %s:%d\n    %s\n", in.At.Path, in.At.Start.Line, strings.ReplaceAll(strings.TrimSpace(in.Text), "\n", "\n    "))
		}
	}
	line("kustomize", t.Kustomize)
	line("postRender", t.PostRender)
	if t.PostBuild != nil {
		line("postBuild", t.PostBuild)
		for _, k := range slices.Sorted(maps.Keys(t.PostBuild.Vars)) {
			fmt.Fprintf(w, "    %s=%s\n", k, t.PostBuild.Vars[k])
		}
	}
	for _, s := range t.Warnings {
		fmt.Fprintf(w, "  warning: %s\n", s)
	}
}

// The corpus's list is long; the test shows that every chart and
// overlay there is read without an error, and with -v prints the list.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("KUSTOMS_CORPUS")
	if dir == "" {
		dir = "../../../shared/corpus"
	}
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Skip("the corpus is not here; KUSTOMS_CORPUS names its directory")
	}
	defer repo.Close()
	found, err := discover.Find(t.Context(), repo, discover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	targets := found.Targets
	seen := map[string]bool{}
	count := map[result.TargetKind]int{}
	for i := range targets {
		tg := &targets[i]
		count[tg.Kind]++
		if seen[tg.Name] {
			t.Errorf("two targets are called %q", tg.Name)
		}
		seen[tg.Name] = true
		if tg.Kind != result.KindFiles && testing.Verbose() {
			var b strings.Builder
			describe(&b, tg)
			t.Log(b.String())
		}
	}
	if count[result.KindHelm] < 50 || count[result.KindKustomize] < 20 || count[result.KindFiles] != 1 {
		t.Errorf("found too little: %v", count)
	}
}
