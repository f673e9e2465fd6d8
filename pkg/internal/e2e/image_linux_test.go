package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// stage reads the instructions of one stage of the Dockerfile.
func stage(t *testing.T, name string) [][]string {
	t.Helper()
	var out [][]string
	in := false
	s := bufio.NewScanner(strings.NewReader(get(t, filepath.Join(root, "Dockerfile"))))
	for s.Scan() {
		words := strings.Fields(s.Text())
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case words[0] == "FROM":
			in = len(words) == 4 && words[3] == name
			if in {
				out = append(out, words)
			}
		case in:
			out = append(out, words)
		}
	}
	if len(out) == 0 {
		t.Fatalf("no stage %q", name)
	}
	return out
}

// The static image holds what the Dockerfile says and nothing else: the program
// runs there as the image's user, in a root that it may not write, with no
// shell, libc or temporary directory.
func TestImage(t *testing.T) {
	whole(t)
	if os.Getuid() != 0 {
		t.Skip("entering another root needs to be root")
	}
	dir, err := os.MkdirTemp("", "image-")
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	check(t, os.Chmod(dir, 0o755))
	var user uint64
	var entry []string
	workdir := "/"
	env := []string{}
	for _, i := range stage(t, "static") {
		switch i[0] {
		case "FROM":
			if i[1] != "scratch" {
				t.Fatalf("the static image is made of %s", i[1])
			}
		case "COPY":
			if strings.HasPrefix(i[1], "--from=") {
				continue // certificates: no use without a network
			}
			if !strings.HasSuffix(i[1], "/kustoms") {
				t.Fatalf("what is %v?", i)
			}
			data, err := os.ReadFile(kustoms(t))
			check(t, err)
			put(t, filepath.Join(dir, i[2]), string(data))
			check(t, os.Chmod(filepath.Join(dir, i[2]), 0o755))
		case "ENV":
			env = append(env, i[1])
		case "USER":
			id, _, _ := strings.Cut(i[1], ":")
			user, err = strconv.ParseUint(id, 10, 32)
			check(t, err)
		case "WORKDIR":
			workdir = i[1]
		case "ENTRYPOINT":
			check(t, json.Unmarshal([]byte(strings.Join(i[1:], " ")), &entry))
		}
	}
	if user == 0 {
		t.Error("the image runs as root")
	}
	put(t, filepath.Join(dir, workdir, "bad/pod.yaml"), pod("bad", true))
	cmd := exec.Command(entry[0], append(entry[1:], "scan")...)
	cmd.Path, cmd.Dir, cmd.Env = entry[0], workdir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user)}}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "privileged-container") {
		t.Errorf("%v\n%s", cmd.ProcessState, out.String())
	}
}

func TestHadolint(t *testing.T) {
	lint, err := exec.LookPath("hadolint")
	if err != nil {
		t.Skip("no hadolint here, which no package registry has")
	}
	run(t, root, lint, filepath.Join(root, "Dockerfile"))
}
