package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// uploadPin is the action that uploads, as action.yml names it.
func uploadPin(t *testing.T) string {
	t.Helper()
	for line := range strings.Lines(get(t, filepath.Join(root, "action.yml"))) {
		if _, pin, ok := strings.Cut(line, "uses: github/codeql-action/upload-sarif@"); ok {
			return strings.Fields(pin)[0]
		}
	}
	t.Fatal("action.yml uploads nothing")
	return ""
}

func TestActionlint(t *testing.T) {
	lint := tool(t, "actionlint")
	for _, pattern := range []string{".github/workflows/*.yml", "ci-templates/github/examples/*.yml"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		check(t, err)
		if len(files) == 0 {
			t.Fatalf("%s matches nothing", pattern)
		}
		run(t, root, lint, files...)
	}
}

// upload is what code scanning got.
type upload struct {
	Commit string `json:"commit_oid"`
	Ref    string `json:"ref"`
	SARIF  string `json:"sarif"`

	file string // the SARIF, unpacked
	runs []struct {
		AutomationDetails struct{ ID string }
		Results           []struct{ RuleID string }
	}
}

// scanning receives uploads as GitHub's API does.
func scanning(t *testing.T, status int) (string, *[]upload) {
	var got []upload
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var u upload
		if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/code-scanning/analysis") {
			http.NotFound(w, r)
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
			t.Errorf("upload: %v", err)
		}
		z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(u.SARIF)))
		if err != nil {
			t.Errorf("upload: %v", err)
			return
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Errorf("upload: %v", err)
		}
		u.file = filepath.Join(t.TempDir(), "upload.sarif")
		put(t, u.file, string(data))
		var log struct {
			Version string
			Runs    json.RawMessage
		}
		if err := json.Unmarshal(data, &log); err != nil || log.Version != "2.1.0" {
			t.Errorf("upload is no SARIF 2.1.0: %q, %v", log.Version, err)
		}
		if err := json.Unmarshal(log.Runs, &u.runs); err != nil {
			t.Errorf("upload: %v", err)
		}
		got = append(got, u)
		w.WriteHeader(status)
		io.WriteString(w, `{"id":"1"}`)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, &got
}

// workflow runs the Action as the inputs say and fails if an output is wrong.
const workflow = `name: t
on: [push, pull_request, merge_group]
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - id: k
        uses: ./ci-templates/github
        with:
INPUTS
      - if: always()
        shell: bash
        run: |
          echo "OUT gate=$GATE findings=$FINDINGS failing=$FAILING sarif=$(basename "$SARIF")"
          cat "$GITHUB_STEP_SUMMARY"
        env:
          GATE: ${{ steps.k.outputs.gate }}
          FINDINGS: ${{ steps.k.outputs.findings }}
          FAILING: ${{ steps.k.outputs.failing }}
          SARIF: ${{ steps.k.outputs.sarif }}
`

// act runs one event over a repository whose workflow uses the Action; the exit
// code and all that was printed come back.
func act(t *testing.T, repo, event, payload, inputs, api string) (int, string) {
	t.Helper()
	put(t, filepath.Join(repo, ".github/workflows/t.yml"), strings.Replace(workflow, "INPUTS", inputs, 1))
	return runAct(t, repo, t.TempDir(), event, payload, api)
}

// runAct runs what a repository's workflows do on an event, with a home
// directory of its own.
func runAct(t *testing.T, repo, home, event, payload, api string, args ...string) (int, string) {
	t.Helper()
	prog := tool(t, "act")
	file := filepath.Join(t.TempDir(), "event.json")
	put(t, file, payload)
	cmd := exec.Command(prog, append([]string{
		event, "-P", "ubuntu-latest=-self-hosted", "--action-offline-mode", "-e", file,
		"--local-repository", "github/codeql-action@" + uploadPin(t) + "=" + filepath.Join(root, "pkg/internal/e2e/testdata/github"),
		"--env", "UPLOAD_API=" + api, "--env", "GIT_CONFIG_GLOBAL=/dev/null",
	}, args...)...)
	cmd.Dir = repo
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+home, "XDG_CONFIG_HOME="+home)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// project makes a repository with a fault on main, and the templates.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, "git", "init", "-q", "-b", "main")
	check(t, os.CopyFS(filepath.Join(dir, "ci-templates"), os.DirFS(filepath.Join(root, "ci-templates"))))
	put(t, filepath.Join(dir, "old/pod.yaml"), pod("old", true))
	run(t, dir, "git", "add", "-A")
	run(t, dir, "git", "commit", "-q", "-m", "old")
	run(t, dir, "git", "remote", "add", "origin", "https://github.com/acme/shop.git")
	return dir
}

func TestGitHub(t *testing.T) {
	whole(t)
	mirror := release(t, "1.2.3")
	installed := "          version: 1.2.3\n          mirror: " + mirror + "\n          path: |\n            old\n            new\n"

	t.Run("push", func(t *testing.T) {
		repo := project(t)
		put(t, filepath.Join(repo, "new/pod.yaml"), pod("new", false))
		api, got := scanning(t, http.StatusAccepted)
		code, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`, installed, api)
		wants(t, code, 1, out, "OUT gate=failed", "failing=1 sarif=kustoms.sarif", "privileged-container", "the gate failed", "## kustoms: failed", "::error file=old/pod.yaml,line=")
		if len(*got) != 1 {
			t.Fatalf("%d uploads", len(*got))
		}
		u := (*got)[0]
		if len(u.runs) != 1 || u.runs[0].AutomationDetails.ID != "kustoms/" || len(u.runs[0].Results) == 0 || u.Commit == "" {
			t.Errorf("uploaded %+v", u.runs)
		}
		if u.Commit != run(t, repo, "git", "rev-parse", "HEAD") || u.Ref != "refs/heads/main" {
			t.Errorf("uploaded for %s of %s", u.Commit, u.Ref)
		}
		validSARIF(t, u.file)
	})
	t.Run("clean", func(t *testing.T) {
		repo := project(t)
		put(t, filepath.Join(repo, "new/pod.yaml"), pod("new", false))
		api, got := scanning(t, http.StatusAccepted)
		code, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`, strings.Replace(installed, "            old\n", "", 1)+"          category: part\n", api)
		wants(t, code, 0, out, "OUT gate=passed")
		if len(*got) != 1 || (*got)[0].runs[0].AutomationDetails.ID != "kustoms/part/" {
			t.Errorf("%d uploads, runs %+v", len(*got), (*got)[0].runs)
		}
	})
	t.Run("pull request", func(t *testing.T) {
		// The old fault is known; a new one fails. The clone is as deep as
		// actions/checkout makes it with fetch-depth 2.
		for name, c := range map[string]struct {
			privileged bool
			code       int
			want       string
		}{"harmless": {false, 0, "OUT gate=passed"}, "harmful": {true, 1, "OUT gate=failed"}} {
			t.Run(name, func(t *testing.T) {
				origin := project(t)
				run(t, origin, "git", "checkout", "-q", "-b", "change")
				put(t, filepath.Join(origin, "new/pod.yaml"), pod("new", c.privileged))
				run(t, origin, "git", "add", "-A")
				run(t, origin, "git", "commit", "-q", "-m", "new")
				run(t, origin, "git", "checkout", "-q", "main")
				run(t, origin, "git", "merge", "-q", "--no-ff", "-m", "merge", "change")
				repo := filepath.Join(t.TempDir(), "clone")
				run(t, origin, "git", "clone", "-q", "--depth=2", "file://"+origin, repo)
				run(t, repo, "git", "remote", "set-url", "origin", "https://github.com/acme/shop.git")
				api, got := scanning(t, http.StatusForbidden)
				event := `{"number":7,"pull_request":{"number":7,"base":{"ref":"main"},"head":{"ref":"change","repo":{"fork":true}}}}`
				code, out := act(t, repo, "pull_request", event, installed, api)
				wants(t, code, c.code, out, c.want, "read-only token")
				if len(*got) != 1 {
					t.Errorf("%d uploads", len(*got))
				}
			})
		}
	})
	t.Run("merge queue", func(t *testing.T) {
		repo := project(t)
		base := run(t, repo, "git", "rev-parse", "HEAD")
		put(t, filepath.Join(repo, "new/pod.yaml"), pod("new", false))
		put(t, filepath.Join(repo, ".kustoms.yaml"), "failOn: none\n")
		run(t, repo, "git", "add", "-A")
		run(t, repo, "git", "commit", "-q", "-m", "new")
		inputs := installed + "          upload: false\n"
		code, out := act(t, repo, "merge_group", `{"merge_group":{"base_sha":"`+base+`"}}`, inputs, "http://127.0.0.1:1")
		wants(t, code, 0, out, "OUT gate=passed")
		// The change would switch the gate off; the base's policy keeps it.
		put(t, filepath.Join(repo, "new/pod.yaml"), pod("new", true))
		run(t, repo, "git", "commit", "-q", "-a", "-m", "harm")
		code, out = act(t, repo, "merge_group", `{"merge_group":{"base_sha":"`+base+`"}}`, inputs, "http://127.0.0.1:1")
		wants(t, code, 1, out, "OUT gate=failed", "failing=1 ")
	})
	t.Run("upload refused", func(t *testing.T) {
		repo := project(t)
		put(t, filepath.Join(repo, "new/pod.yaml"), pod("new", false))
		api, _ := scanning(t, http.StatusForbidden)
		code, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`, strings.Replace(installed, "            old\n", "", 1), api)
		wants(t, code, 1, out, "security-events: write")
	})
	t.Run("incomplete", func(t *testing.T) {
		for policy, want := range map[string]int{"fail": 1, "warn": 0} {
			repo := project(t)
			put(t, filepath.Join(repo, "new/Chart.yaml"), "apiVersion: v2\nname: broken\nversion: 1.0.0\n")
			put(t, filepath.Join(repo, "new/templates/x.yaml"), "{{ fail \"no\" }}\n")
			code, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`,
				strings.Replace(installed, "            old\n", "", 1)+"          upload: false\n          incomplete: "+policy+"\n", "http://127.0.0.1:1")
			wants(t, code, want, out, "OUT gate=incomplete", "could not be rendered")
		}
	})
	t.Run("many findings", func(t *testing.T) {
		// GitHub shows 10 errors and 10 warnings of a step, and drops the rest in
		// silence: what is over is counted.
		repo := project(t)
		for i := range 30 {
			put(t, filepath.Join(repo, fmt.Sprintf("new/pod%d.yaml", i)), pod(fmt.Sprint("p", i), true))
		}
		code, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`, installed+"          upload: false\n", "http://127.0.0.1:1")
		wants(t, code, 1, out, "failing=31 ", "annotations left out: GitHub shows 10 of a kind")
		for _, c := range []string{"::error ", "::warning ", "::notice "} {
			n := strings.Count(out, c+"file=")
			if n > 10 || c == "::error " && n < 9 {
				t.Errorf("%d annotations%s", n, c)
			}
		}
		code, out = act(t, repo, "push", `{"ref":"refs/heads/main"}`, installed+"          upload: false\n          annotations: false\n          summary: false\n          args: --report=sarif=mine.sarif\n", "http://127.0.0.1:1")
		wants(t, code, 1, out, "failing=31 ")
		if strings.Contains(out, "::error file=") || strings.Contains(out, "## kustoms") {
			t.Error("annotations or a summary, though neither is wanted")
		}
	})
	t.Run("hostile repository", func(t *testing.T) {
		// What the repository says is no command to the runner.
		repo := project(t)
		const word = "::set-output name=gate::passed"
		put(t, filepath.Join(repo, "new", word+".yaml"), strings.Replace(pod("new", true), "name: web", "name: \"\\n"+word+"\\n##[set-output name=gate;]passed\"", 1))
		code, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`, installed+"          upload: false\n", "http://127.0.0.1:1")
		wants(t, code, 1, out, "OUT gate=failed", "failing=2 ")
		for line := range strings.Lines(out) {
			if _, text, ok := strings.Cut(line, "| "); ok && strings.HasPrefix(strings.TrimSpace(text), "::set-output") {
				t.Errorf("a command: %s", line)
			}
		}
	})
	t.Run("base", func(t *testing.T) {
		// Another base than the event's; none; and the change's own policy.
		repo := project(t)
		put(t, filepath.Join(repo, "new/pod.yaml"), pod("new", true))
		put(t, filepath.Join(repo, ".kustoms.yaml"), "suppressions:\n- {rule: privileged-container, reason: let me}\n")
		run(t, repo, "git", "add", "-A")
		run(t, repo, "git", "commit", "-q", "-m", "new")
		inputs := installed + "          upload: false\n"
		for more, want := range map[string]string{
			"":                         "failing=0 ",
			"          base: HEAD~1\n": "failing=1 ",
			"          base: HEAD~1\n          policy-from-base: false\n": "failing=0 ",
		} {
			_, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`, inputs+more, "http://127.0.0.1:1")
			if !strings.Contains(out, want) {
				t.Errorf("%q: nothing printed %q\n%s", more, want, out)
			}
		}
	})
	t.Run("hostile input", func(t *testing.T) {
		// An input is data: it starts no program, and its mistake is named.
		repo := project(t)
		code, out := act(t, repo, "push", `{"ref":"refs/heads/main"}`,
			"          program: "+kustoms(t)+"\n          upload: false\n          path: |\n            $(touch pwned)\n            `touch pwned`; touch pwned\n", "http://127.0.0.1:1")
		wants(t, code, 1, out, "$(touch pwned)", "scanned nothing")
		if found := run(t, repo, "find", ".", "-name", "pwned"); found != "" {
			t.Errorf("an input ran: %s", found)
		}
		code, out = act(t, repo, "push", `{}`, "          program: "+kustoms(t)+"\n          upload: maybe\n", "http://127.0.0.1:1")
		wants(t, code, 1, out, "input upload is one of true false")
	})
}

func wants(t *testing.T, code, want int, out string, texts ...string) {
	t.Helper()
	if code != want {
		t.Errorf("ended with %d, want %d", code, want)
	}
	for _, s := range texts {
		if !strings.Contains(out, s) {
			t.Errorf("nothing printed %q", s)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}
