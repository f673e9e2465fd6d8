package cli_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/cli"
	"github.com/kustoms-dev/kustoms/pkg/internal/leakset"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// git runs the real program, which makes the repositories of these tests.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath("git")
	if err != nil {
		t.Skip("needs git, to make a repository")
	}
	cmd := exec.Command(bin, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com",
		"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// tgz packages files as a chart is packaged.
func tgz(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for name, text := range files {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// kustoms runs the real main and gives all that it printed.
func kustoms(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := cli.Main(t.Context(), append([]string{"kustoms"}, args...), strings.NewReader(""), &out, &errs); code != want {
		t.Fatalf("exit code %d, want %d\n%s", code, want, errs.String())
	}
	return out.String(), errs.String()
}

func findings(t *testing.T, text string) []result.Finding {
	t.Helper()
	var r result.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

// TestNothingPrinted plants every leak of the labelled set, in files, in a
// package and in the history, and looks for each in all that a run writes.
func TestNothingPrinted(t *testing.T) {
	cases, err := leakset.Read(filepath.Join(root, "pkg", "secret", "testdata", "labelled.txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir, out := t.TempDir(), t.TempDir()
	t.Setenv("HOME", out) // whatever is cached lands there
	t.Setenv("XDG_CACHE_HOME", filepath.Join(out, "cache"))
	var values []string
	packed := map[string]string{}
	for _, c := range cases {
		values = append(values, c.Values...)
		packed[c.Path] = c.Text
	}
	if err := leakset.Write(dir, cases); err != nil {
		t.Fatal(err)
	}
	put(t, dir, map[string]string{"charts/x-1.0.0.tgz": tgz(t, packed), "old/a.env": "DB_PASSWORD=" + values[0] + "\n"})
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "all")
	if err := os.RemoveAll(filepath.Join(dir, "case-000")); err != nil {
		t.Fatal(err)
	}

	args := []string{"scan", "--root", dir, "--exit-zero", "--git-history", "--cache-dir", filepath.Join(out, "kept"), "--rules", "secret-lookalike", "--rules", "secret", "--rules", "secretref"}
	for _, f := range report.Formats() {
		args = append(args, "--report", f.Name+"="+filepath.Join(out, f.Name))
	}
	stdout, stderr := kustoms(t, 0, append(args, dir)...)
	written := map[string]string{"stdout": stdout, "stderr": stderr}
	err = filepath.WalkDir(out, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		written[filepath.Base(p)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range findings(t, written["json"]) {
		if f.Leak != nil {
			n++
		}
	}
	if n < 200 {
		t.Fatalf("%d leaks found: the test proves nothing", n)
	}
	for _, v := range values {
		for _, piece := range pieces(v) {
			for name, text := range written {
				if i := strings.Index(text, piece); i >= 0 {
					t.Errorf("%s holds part of a secret (%d of %d characters): %q", name, len(piece), len(v), text[max(0, i-60):i])
				}
			}
		}
	}
}

// pieces are parts of a value that must not show, plain and encoded. The first
// four characters of a token may.
func pieces(v string) []string {
	if len(v) < 8 {
		return nil // 6 letters of a token's id turn up by chance
	}
	const size = 8
	parts := []string{v[4:min(4+size, len(v))], v[len(v)-size:], v[len(v)/2-size/2:][:size]}
	if len(v) < 16 {
		parts = []string{v, v[1:]}
	}
	out := parts
	for _, p := range parts {
		out = append(out, hex.EncodeToString([]byte(p)), strings.ToUpper(hex.EncodeToString([]byte(p))))
		if e := url.QueryEscape(p); e != p {
			out = append(out, e)
		}
	}
	for shift := range 3 { // base64 of a longer text shows it in one of three ways
		e := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + v))
		if from, to := 4, len(e)-4; to-from >= size {
			out = append(out, e[from:to])
		}
	}
	return out
}

// A leak that a file holds no more is found in the history, with who wrote it;
// one that it still holds is one finding that says the same.
func TestGitHistory(t *testing.T) {
	dir := t.TempDir()
	pat := func(seed string) string { return "gh" + "p_" + strings.Repeat(seed, 4) }
	first, second, third := pat("x9Kd02mQz"), pat("L7vRt4YbN"), pat("8sW1cE6uH")
	git(t, dir, "init", "-q", "-b", "main")
	commit := func(files map[string]string) string {
		put(t, dir, files)
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "-m", "c")
		return git(t, dir, "rev-parse", "HEAD")
	}
	one := commit(map[string]string{"a.sh": "export A=" + first + "\nexport B=" + second + "\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})
	two := commit(map[string]string{"a.sh": "export A=1\nexport B=" + second + "\n"})
	three := commit(map[string]string{"b.sh": "export C=" + third + "\n"})
	commit(map[string]string{"b.sh": "export C=1\n"})
	scan := func(args ...string) []result.Finding {
		out, _ := kustoms(t, 1, append([]string{"scan", "--root", dir, "--format", "json", "--rules", "secret"}, append(args, dir)...)...)
		return findings(t, out)
	}
	by := func(fs []result.Finding) map[string]string {
		got := map[string]string{}
		for _, f := range fs {
			got[f.Loc.Primary.String()] = f.Leak.Commit
			if f.Leak.Commit != "" && (f.Leak.Author != "Ann <ann@example.com>" || f.Leak.Date != "2026-01-02T03:04:05Z") {
				t.Errorf("author %q, date %q", f.Leak.Author, f.Leak.Date)
			}
		}
		return got
	}
	fs := scan("--git-history")
	got := by(fs)
	if len(got) != 3 || got["a.sh:1:10"] != one || got["b.sh:1:10"] != three {
		t.Errorf("history: %v", got)
	}
	for _, f := range fs {
		if f.Leak.Commit == "" && (len(f.Related) != 1 || !strings.Contains(f.Related[0].Message, one[:12])) {
			t.Errorf("a leak of today lacks its commit: %+v", f.Related)
		}
	}
	if got := by(scan("--git-range", two+"..HEAD")); len(got) != 2 || got["b.sh:1:10"] != three {
		t.Errorf("range: %v", got)
	}
	for range 2 { // fingerprints do not depend on the range
		for _, f := range scan("--git-range", one+"..") {
			for _, g := range fs {
				if f.Loc.Primary.Path == "b.sh" && g.Loc.Primary.Path == "b.sh" && f.Fingerprint != g.Fingerprint {
					t.Error("fingerprints differ")
				}
			}
		}
	}
	for _, c := range [][]string{{"--git-range", "nowhere..HEAD"}, {"--git-range", "HEAD"}, {"--git-range", "a..b", "--git-history"}} {
		kustoms(t, 2, append([]string{"scan", "--root", dir}, append(c, dir)...)...)
	}
}

func TestPackages(t *testing.T) {
	dir := t.TempDir()
	token := "gl" + "pat-" + "x9Kd02mQzL7vRt4YbN8s"
	inner := tgz(t, map[string]string{"sub/values.yaml": "token: " + token + "\n"})
	put(t, dir, map[string]string{
		"charts/a-1.0.0.tgz": tgz(t, map[string]string{"a/values.yaml": "x: 1\ntoken: " + token + "\n", "a/charts/sub-1.0.0.tgz": inner}),
		"cm.yaml":            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
		"broken.tgz":         tgz(t, map[string]string{"a": strings.Repeat("text", 1000)})[:60],
	})
	out, _ := kustoms(t, 3, "scan", "--root", dir, "--format", "json", "--rules", "secret", dir)
	got := map[string]bool{}
	for _, f := range findings(t, out) {
		got[f.Loc.Primary.Path+" "+f.Field] = true
	}
	if len(got) != 2 || !got["charts/a-1.0.0.tgz a/values.yaml:2"] || !got["charts/a-1.0.0.tgz a/charts/sub-1.0.0.tgz:sub/values.yaml:1"] {
		t.Errorf("got %v", got)
	}
}
