package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// run is the real git, which makes what is read here.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return runWith(t, dir, "", args...)
}

func runWith(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath("git")
	if err != nil {
		t.Skip("needs git, to make a repository")
	}
	cmd := exec.Command(bin, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// history makes main (three commits) and, from its second, the branch topic.
func history(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, "init", "-q", "-b", "main")
	commit := func(msg string) {
		run(t, dir, "add", "-A")
		run(t, dir, "commit", "-q", "-m", msg)
	}
	write(t, dir, map[string]string{"charts/a/Chart.yaml": "one\n", "keep": "kept\n"})
	commit("one")
	run(t, dir, "tag", "-a", "v1", "-m", "first")
	write(t, dir, map[string]string{"charts/a/Chart.yaml": "two\n"})
	if err := os.Symlink("a/Chart.yaml", filepath.Join(dir, "charts/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../etc/passwd", filepath.Join(dir, "charts/out")); err != nil {
		t.Fatal(err)
	}
	commit("two")
	run(t, dir, "branch", "topic")
	write(t, dir, map[string]string{"later": "x\n"})
	commit("three")
	run(t, dir, "checkout", "-q", "topic")
	write(t, dir, map[string]string{"charts/a/Chart.yaml": "topic\n", "charts/b/new": "n\n"})
	if err := os.Remove(filepath.Join(dir, "keep")); err != nil {
		t.Fatal(err)
	}
	commit("topic")
	return dir
}

func open(t *testing.T, dir string) *Repo {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func resolve(t *testing.T, r *Repo, rev string) Commit {
	t.Helper()
	c, err := r.Resolve(rev)
	if err != nil {
		t.Fatalf("%s: %v", rev, err)
	}
	return c
}

func TestResolve(t *testing.T) {
	dir := history(t)
	for _, packed := range []bool{false, true} {
		if packed {
			run(t, dir, "gc", "-q")
		}
		r := open(t, dir)
		short := run(t, dir, "rev-parse", "--short=7", "main")
		for _, rev := range []string{"main", "topic", "HEAD", "HEAD~1", "HEAD^", "HEAD~", "main~2", "main^^", "v1", "tags/v1", "refs/heads/main", short, run(t, dir, "rev-parse", "v1")} {
			want := run(t, dir, "rev-parse", rev+"^{commit}")
			if c := resolve(t, r, rev); c.Hash != want {
				t.Errorf("%s (packed %v): %s, git says %s", rev, packed, c.Hash, want)
			}
		}
		for _, rev := range []string{"", "none", "origin/none", "HEAD~9", "HEAD^2", "-x", "a b", "main:keep", "HEAD~99999999999999999999", "deadbeef", "../x", "HEAD@{1}"} {
			if c, err := r.Resolve(rev); err == nil {
				t.Errorf("%q resolves to %s", rev, c.Hash)
			}
		}
	}
}

func TestMergeBaseAndChanges(t *testing.T) {
	dir := history(t)
	r := open(t, filepath.Join(dir, "charts"))
	base, err := r.MergeBase(resolve(t, r, "main"), resolve(t, r, "topic"))
	if want := run(t, dir, "merge-base", "main", "topic"); err != nil || base.Hash != want {
		t.Fatalf("merge base %s (%v), git says %s", base.Hash, err, want)
	}
	paths := func(from, to Commit, below string) []string {
		t.Helper()
		changes, err := r.Changes(context.Background(), from, to, filepath.Join(r.Top, below))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range changes {
			out = append(out, map[bool]string{true: "-"}[c.After == ""]+map[bool]string{true: "+"}[c.Before == ""]+c.Path)
		}
		return out
	}
	topic := resolve(t, r, "topic")
	if d := cmp.Diff([]string{"charts/a/Chart.yaml", "+charts/b/new", "-keep"}, paths(base, topic, ".")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a/Chart.yaml", "+b/new"}, paths(base, topic, "charts")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"+charts/a/Chart.yaml", "+keep"}, paths(Commit{}, resolve(t, r, "v1"), ".")); d != "" {
		t.Error(d)
	}
	if got := paths(base, topic, "none"); got != nil {
		t.Errorf("below a directory that is not there: %q", got)
	}
}

func TestTreeIsConfined(t *testing.T) {
	dir := history(t)
	r := open(t, dir)
	for rev, want := range map[string]string{"v1": "one\n", "main": "two\n", "topic": "topic\n"} {
		tree, err := r.Tree(resolve(t, r, rev), r.Top)
		if err != nil {
			t.Fatal(err)
		}
		repo, err := source.OpenTree(dir, tree, 0)
		if err != nil {
			t.Fatal(err)
		}
		data, err := repo.ReadFile("charts/a/Chart.yaml")
		if err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", rev, data, err)
		}
		if rev == "v1" {
			continue
		}
		if data, err := repo.ReadFile("charts/link"); err != nil || string(data) != want {
			t.Errorf("%s: through a link: %q, %v", rev, data, err)
		}
		for _, p := range []string{"charts/out", "../x", "/etc/passwd", "charts/../../x"} {
			if data, err := repo.ReadFile(p); !errors.Is(err, source.ErrOutside) {
				t.Errorf("%s: %s: %q, %v", rev, p, data, err)
			}
		}
		for _, p := range []string{"none", "charts/a/Chart.yaml/x", ".git/config", ".git"} {
			if _, err := repo.Stat(p); err == nil {
				t.Errorf("%s: %s exists", rev, p)
			}
		}
		var files []string
		err = repo.Walk(context.Background(), ".", func(p string, d fs.DirEntry) error {
			if !d.IsDir() {
				files = append(files, p)
			}
			return nil
		})
		if want := strings.Fields(run(t, dir, "ls-tree", "-r", "--name-only", rev)); err != nil || cmp.Diff(want, files) != "" {
			t.Errorf("%s: walk: %v %s", rev, err, cmp.Diff(want, files))
		}
	}
}

// A crafted tree may hold names that git itself would not check out.
func TestCraftedNames(t *testing.T) {
	dir := history(t)
	blob := runWith(t, dir, "x\n", "hash-object", "-w", "--stdin")
	entry := func(name string) string { return "100644 blob " + blob + "\t" + name + "\n" }
	root := runWith(t, dir, entry("..")+entry(".GIT")+entry("fine"), "mktree")
	commit := run(t, dir, "commit-tree", "-m", "crafted", root)
	r := open(t, dir)
	tree, err := r.Tree(resolve(t, r, commit), r.Top)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := tree.ReadDir(".")
	if err != nil || len(entries) != 1 || entries[0].Name() != "fine" {
		t.Errorf("entries %v, %v", entries, err)
	}
	for _, p := range []string{"..", ".GIT"} {
		if _, err := tree.Lstat(p); err == nil {
			t.Errorf("%q is there", p)
		}
	}
}

func TestLinkedWorkingTree(t *testing.T) {
	dir := history(t)
	other := filepath.Join(t.TempDir(), "other")
	run(t, dir, "worktree", "add", "-q", other, "main")
	r := open(t, other)
	if got, want := resolve(t, r, "HEAD").Hash, run(t, other, "rev-parse", "HEAD"); got != want {
		t.Errorf("HEAD is %s, git says %s", got, want)
	}
	if resolve(t, r, "topic").Hash != run(t, dir, "rev-parse", "topic") {
		t.Error("branches are not shared")
	}
}

func TestShallowCloneSaysWhatToFetch(t *testing.T) {
	dir := history(t)
	clone := filepath.Join(t.TempDir(), "clone")
	run(t, dir, "clone", "-q", "--depth=1", "--no-single-branch", "file://"+dir, clone)
	r := open(t, clone)
	if !r.Shallow() {
		t.Error("the clone is not called shallow")
	}
	_, err := r.MergeBase(resolve(t, r, "origin/main"), resolve(t, r, "origin/topic"))
	var missing *Missing
	if !errors.As(err, &missing) || !strings.Contains(missing.Hint, "--unshallow") {
		t.Errorf("merge base: %v", err)
	}
	if _, err := r.Resolve("origin/main~1"); !errors.As(err, &missing) || !strings.Contains(missing.Hint, "--unshallow") {
		t.Errorf("parent: %v", err)
	}
	if _, err := r.Resolve("main"); !errors.As(err, &missing) || !strings.Contains(missing.Hint, "origin/main") {
		t.Errorf("a branch of the remote: %v", err)
	}
	if _, err := r.Resolve("origin/gone"); !errors.As(err, &missing) || missing.Hint != "git fetch origin gone:refs/remotes/origin/gone" {
		t.Errorf("a branch that was not fetched: %v", err)
	}
}

// The repository's configuration, hooks and attributes name programs; none runs.
func TestNoProgramRuns(t *testing.T) {
	dir := history(t)
	mark := filepath.Join(t.TempDir(), "ran")
	for _, key := range []string{"core.fsmonitor", "core.sshCommand", "diff.external", "filter.x.smudge", "filter.x.process", "diff.x.textconv", "uploadpack.packObjectsHook"} {
		run(t, dir, "config", key, "touch "+mark)
	}
	write(t, dir, map[string]string{".git/info/attributes": "* filter=x diff=x\n"})
	r := open(t, dir)
	if _, err := r.Changes(context.Background(), resolve(t, r, "main"), resolve(t, r, "topic"), r.Top); err != nil {
		t.Fatal(err)
	}
	tree, err := r.Tree(resolve(t, r, "main"), r.Top)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Open("keep"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a program ran")
	}
}

func TestNoRepository(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
}
