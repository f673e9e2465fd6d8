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

// tool finds a program in bin/tools or the path, and skips without it.
func tool(t *testing.T, name string) string {
	t.Helper()
	own := filepath.Join(root, "bin", "tools", name)
	if _, err := os.Stat(own); err == nil {
		return own
	}
	found, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s here: scripts/install-tools.sh e2e", name)
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
	z := gzip.NewWriter(&b)
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
