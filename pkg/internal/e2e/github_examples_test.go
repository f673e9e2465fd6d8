package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// githubCom makes a home directory in which curl takes a server of the test for
// github.com, where a release is.
func githubCom(t *testing.T, version string) string {
	t.Helper()
	files := http.StripPrefix("/kustoms-dev/kustoms/releases/download", http.FileServer(http.Dir(release(t, version))))
	srv := httptest.NewTLSServer(files)
	t.Cleanup(srv.Close)
	home := t.TempDir()
	put(t, filepath.Join(home, ".curlrc"), fmt.Sprintf("insecure\nconnect-to = \"github.com:443:%s\"\n", strings.TrimPrefix(srv.URL, "https://")))
	return home
}

// The workflows that the documentation tells people to copy are run as they
// are, in a repository that has nothing else of ours, by the release's tag.
func TestGitHubExamples(t *testing.T) {
	whole(t)
	tool(t, "curl")
	const version = "1.0.0"
	home := githubCom(t, version)
	ours := "kustoms-dev/kustoms@v" + version + "=" + root
	for name, c := range map[string]struct {
		files map[string]string
		code  int
		want  []string
		ids   []string
	}{
		"kustoms.yml":  {map[string]string{"pod.yaml": pod("web", true)}, 1, []string{"the gate failed", "::error file=pod.yaml"}, []string{"kustoms/"}},
		"monorepo.yml": {map[string]string{"shop/pod.yaml": pod("web", false), "bank/pod.yaml": pod("web", true)}, 1, []string{"the gate failed", "::error file=bank/pod.yaml"}, []string{"kustoms/shop/", "kustoms/bank/"}},
	} {
		t.Run(name, func(t *testing.T) {
			repo := t.TempDir()
			for name, text := range c.files {
				put(t, filepath.Join(repo, name), text)
			}
			put(t, filepath.Join(repo, ".github/workflows", name), get(t, filepath.Join(root, "ci-templates/github/examples", name)))
			commit(t, repo)
			run(t, repo, "git", "remote", "add", "origin", "https://github.com/acme/shop.git")
			api, got := scanning(t, http.StatusAccepted)
			code, out := runAct(t, repo, home, "push", `{"ref":"refs/heads/main"}`, api, "--local-repository", ours)
			wants(t, code, c.code, out, c.want...)
			ids := map[string]bool{}
			for _, u := range *got {
				ids[u.runs[0].AutomationDetails.ID] = true
				validSARIF(t, u.file)
			}
			for _, id := range c.ids {
				if !ids[id] || len(ids) != len(c.ids) {
					t.Errorf("uploaded as %v, want %q", ids, c.ids)
				}
			}
		})
	}
}

// This repository by its own workflow: nothing in it fails the gate.
func TestGitHubOwn(t *testing.T) {
	whole(t)
	repo := filepath.Join(t.TempDir(), "kustoms")
	check(t, os.Mkdir(repo, 0o755))
	// What is not committed yet counts, what is ignored does not.
	copied := exec.Command("sh", "-c", `git ls-files -z -co --exclude-standard | rsync -a --from0 --files-from=- --ignore-missing-args . "$0"`, repo)
	copied.Dir = root
	if out, err := copied.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	commit(t, repo)
	run(t, repo, "git", "remote", "add", "origin", "https://github.com/kustoms-dev/kustoms.git")
	nothing := filepath.Join(t.TempDir(), "setup-go")
	put(t, filepath.Join(nothing, "action.yml"), "name: t\ndescription: Go is here\nruns: {using: composite, steps: [{run: ':', shell: sh}]}\n")
	var setup string
	workflow := get(t, filepath.Join(repo, ".github/workflows/kustoms.yml"))
	for line := range strings.Lines(workflow) {
		if _, pin, ok := strings.Cut(line, "uses: actions/setup-go@"); ok {
			setup = "actions/setup-go@" + strings.Fields(pin)[0]
		}
	}
	api, got := scanning(t, http.StatusAccepted)
	code, out := runAct(t, repo, t.TempDir(), "push", `{"ref":"refs/heads/main"}`, api, "-W", ".github/workflows/kustoms.yml", "--local-repository", setup+"="+nothing,
		"--env", "GOCACHE="+run(t, root, "go", "env", "GOCACHE"), "--env", "GOMODCACHE="+run(t, root, "go", "env", "GOMODCACHE"), "--env", "GOPROXY="+run(t, root, "go", "env", "GOPROXY"))
	wants(t, code, 0, out, "passed")
	if len(*got) != 1 {
		t.Errorf("%d uploads", len(*got))
	}
}
