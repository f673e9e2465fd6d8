// Package e2e runs the CI templates with the runners that the platforms use,
// or the nearest to them that runs without the platform. The quick gates run
// wherever the tools are; what starts whole pipelines runs by `make e2e`.
package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

var root = func() string {
	dir, err := filepath.Abs("../../..")
	if err != nil {
		panic(err)
	}
	return dir
}()

// whole skips what takes minutes, unless `make e2e` asks for it.
func whole(t *testing.T) {
	t.Helper()
	if os.Getenv("KUSTOMS_E2E") == "" {
		t.Skip("runs whole pipelines: make e2e")
	}
}

// lacks skips a test for want of a tool, or fails it in `make e2e`, which
// installs them all.
func lacks(t *testing.T, what, how string) {
	t.Helper()
	if os.Getenv("KUSTOMS_E2E") != "" {
		t.Fatalf("no %s here: %s", what, how)
	}
	t.Skipf("no %s here: %s", what, how)
}

// tool finds a program in bin/tools or the path.
func tool(t *testing.T, name string) string {
	t.Helper()
	own := filepath.Join(root, "bin", "tools", name)
	if _, err := os.Stat(own); err == nil {
		return own
	}
	found, err := exec.LookPath(name)
	if err != nil {
		lacks(t, name, "scripts/install-tools.sh e2e")
	}
	return found
}

// built is the program, built once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kustoms-e2e-")
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "kustoms")
	cmd := exec.Command("go", "build", "-trimpath", "-o", out, "./cmd/kustoms")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building kustoms: %w\n%s", err, msg)
	}
	return out, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("KUSTOMS_E2E") != "" {
		if bin, err := built(); err == nil {
			os.RemoveAll(filepath.Dir(bin))
		}
	}
	os.Exit(code)
}

func kustoms(t *testing.T) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// release writes a release of the program into a directory, laid out as on the
// releases page, and returns the directory.
func release(t *testing.T, version string) string {
	t.Helper()
	data, err := os.ReadFile(kustoms(t))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	check(t, err)
	w := tar.NewWriter(z)
	check(t, w.WriteHeader(&tar.Header{Name: "kustoms", Mode: 0o755, Size: int64(len(data))}))
	_, err = w.Write(data)
	check(t, err)
	check(t, w.Close())
	check(t, z.Close())
	dir := t.TempDir()
	name := fmt.Sprintf("kustoms_%s_%s_%s.tar.gz", version, runtime.GOOS, runtime.GOARCH)
	put(t, filepath.Join(dir, "v"+version, name), b.String())
	put(t, filepath.Join(dir, "v"+version, "checksums.txt"), fmt.Sprintf("%x  %s\n", sha256.Sum256(b.Bytes()), name))
	return dir
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(file), 0o755))
	check(t, os.WriteFile(file, []byte(text), 0o644))
}

func get(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	check(t, err)
	return string(data)
}

// run runs a program that must succeed, and returns what it printed.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// blocks are the code blocks of a language in a page of the documentation.
func blocks(t *testing.T, page, language string) []string {
	t.Helper()
	var out []string
	for _, part := range strings.Split(get(t, filepath.Join(root, page)), "\n```"+language+"\n")[1:] {
		block, _, ok := strings.Cut(part, "\n```")
		if !ok {
			t.Fatalf("%s: a block without an end", page)
		}
		out = append(out, block+"\n")
	}
	return out
}

// pod is a manifest; with privileged it fails the gate.
func pod(name string, privileged bool) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata:
  name: %s
  namespace: shop
spec:
  containers:
    - name: web
      image: registry.example.com/web:1.2.3
      securityContext:
        privileged: %t
`, name, privileged)
}

// Copies that a platform's layout asks for are the same file.
func TestCopies(t *testing.T) {
	for copied, original := range map[string]string{
		"action.yml": "ci-templates/github/action.yml",
		"ci-templates/jenkins/resources/dev/kustoms/install.sh": "ci-templates/sh/install.sh",
		"ci-templates/gitlab/templates/kustoms.yml":             "ci-templates/gitlab/kustoms.gitlab-ci.yml",
	} {
		if get(t, filepath.Join(root, copied)) != get(t, filepath.Join(root, original)) {
			t.Errorf("%s differs from %s: make generate", copied, original)
		}
	}
}

func TestShellcheck(t *testing.T) {
	sc := tool(t, "shellcheck")
	var files []string
	for _, pattern := range []string{"ci-templates/*/*.sh", "ci-templates/jenkins/resources/dev/kustoms/*.sh", "scripts/*.sh", "pkg/platform/*.sh"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		check(t, err)
		if len(found) == 0 {
			t.Fatalf("%s matches nothing", pattern)
		}
		files = append(files, found...)
	}
	run(t, root, sc, files...)
}

// A release that is not what its checksum says is not run, and not left behind.
func TestInstall(t *testing.T) {
	whole(t)
	script := filepath.Join(root, "ci-templates/sh/install.sh")
	install := func(env ...string) (string, error) {
		cmd := exec.Command("sh", script, "1.2.3", t.TempDir())
		cmd.Env = append(os.Environ(), env...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		return stdout.String() + stderr.String(), err
	}
	mirror := release(t, "1.2.3")
	out, err := install("KUSTOMS_MIRROR=" + mirror)
	check(t, err)
	if got := run(t, root, strings.TrimSpace(out), "version"); !strings.HasPrefix(got, "kustoms ") {
		t.Errorf("version printed %q", got)
	}
	for name, c := range map[string]struct{ env, want string }{
		"checksum":  {"KUSTOMS_SHA256=" + strings.Repeat("0", 64), "do not run it"},
		"plain":     {"KUSTOMS_MIRROR=http://mirror.example", "is not https"},
		"absent":    {"KUSTOMS_MIRROR=" + t.TempDir(), "cannot read"},
		"no answer": {"KUSTOMS_MIRROR=https://127.0.0.1:1", "cannot fetch"},
	} {
		if out, err := install("KUSTOMS_MIRROR="+mirror, c.env); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v, %q, want %q", name, err, out, c.want)
		}
	}
	archive, err := filepath.Glob(filepath.Join(mirror, "v1.2.3", "*.tar.gz"))
	check(t, err)
	put(t, archive[0], "another")
	if out, err := install("KUSTOMS_MIRROR=" + mirror); err == nil || !strings.Contains(out, "do not run it") {
		t.Errorf("a replaced archive: %v, %q", err, out)
	}
}
