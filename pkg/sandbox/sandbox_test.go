package sandbox

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestMain is the program in the sandbox, too, when it is told so.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SANDBOX_TEST_DIR"); dir != "" {
		inside(dir, os.Getenv("SANDBOX_TEST_NETWORK") != "")
		return
	}
	os.Exit(m.Run())
}

// inside enters the sandbox and prints what is possible in it, from many
// threads.
func inside(dir string, network bool) {
	missing, err := Enter(Need{
		Read: []string{filepath.Join(dir, "repo"), filepath.Join(dir, "config.yaml"), filepath.Join(dir, "none")}, Write: []string{filepath.Join(dir, "out")}, Network: network,
	})
	fmt.Println("missing", missing, err)
	tries := map[string]func() error{
		"read":          func() error { _, err := os.ReadFile(filepath.Join(dir, "repo", "a")); return err },
		"list":          func() error { _, err := os.ReadDir(filepath.Join(dir, "repo")); return err },
		"config":        func() error { _, err := os.ReadFile(filepath.Join(dir, "config.yaml")); return err },
		"outside":       func() error { _, err := os.ReadFile(filepath.Join(dir, "secret")); return err },
		"passwd":        func() error { _, err := os.ReadFile("/etc/passwd"); return err },
		"environ":       func() error { _, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", os.Getppid())); return err },
		"list outside":  func() error { _, err := os.ReadDir(dir); return err },
		"write":         func() error { return os.WriteFile(filepath.Join(dir, "out", "b"), []byte("b"), 0o600) },
		"rename":        func() error { return os.Rename(filepath.Join(dir, "out", "c"), filepath.Join(dir, "out", "d")) },
		"write to repo": func() error { return os.WriteFile(filepath.Join(dir, "repo", "a"), nil, 0o600) },
		"make in repo":  func() error { return os.WriteFile(filepath.Join(dir, "repo", "x"), nil, 0o600) },
		"remove":        func() error { return os.Remove(filepath.Join(dir, "repo", "a")) },
		"program":       func() error { return exec.Command("/bin/true").Run() },
		"connect": func() error {
			c, err := net.Dial("tcp", os.Getenv("SANDBOX_TEST_ADDR"))
			if err == nil {
				c.Close()
			}
			return err
		},
		"datagram": func() error {
			c, err := net.Dial("udp", "127.0.0.1:53")
			if err == nil {
				c.Close()
			}
			return err
		},
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for name, try := range tries {
		wg.Go(func() {
			runtime.LockOSThread()
			err := try()
			mu.Lock()
			defer mu.Unlock()
			fmt.Printf("%s: %v\n", name, err == nil)
		})
	}
	wg.Wait()
}

// TestEnter has a child try what the sandbox refuses.
func TestEnter(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a sandbox")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, network := range []bool{false, true} {
		t.Run(fmt.Sprintf("network %v", network), func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"repo/a": "a", "config.yaml": "", "secret": "s", "out/c": "c"} {
				p := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "SANDBOX_TEST_DIR="+dir, "SANDBOX_TEST_ADDR="+l.Addr().String())
			if network {
				cmd.Env = append(cmd.Env, "SANDBOX_TEST_NETWORK=1")
			}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if first, _, _ := strings.Cut(string(out), "\n"); first != "missing [] <nil>" {
				t.Skipf("this kernel confines not all: %s", first)
			}
			for name, want := range map[string]bool{
				"read": true, "list": true, "config": true, "write": true, "rename": true,
				"outside": false, "passwd": false, "environ": false, "list outside": false, "write to repo": false, "make in repo": false, "remove": false, "program": false,
				"connect": network, "datagram": network,
			} {
				if !strings.Contains(string(out), fmt.Sprintf("%s: %v\n", name, want)) {
					t.Errorf("%s should be %v", name, want)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}
