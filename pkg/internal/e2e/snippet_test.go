package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"crypto/sha256"

	"gopkg.in/yaml.v3"
)

// at walks decoded YAML: keys, indices, and of a list of steps the one that
// has a key, written "key?".
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case int:
			v = v.([]any)[p]
		case string:
			m, ok := v.(map[string]any)
			if !ok || m[p] == nil {
				t.Fatalf("nothing at %v", path)
			}
			v = m[p]
		}
	}
	return v
}

// lines is a script: a text, or a list of them.
func lines(v any) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v) + "\n"
	}
	var s string
	for _, l := range list {
		s += fmt.Sprint(l) + "\n"
	}
	return s
}

// snippet is a platform's file, the script that is run of it, and the
// variables that the platform would set.
type snippet struct {
	file   string
	script func(t *testing.T, doc any) string
	// env is what the platform sets; change, in the pipeline of a change.
	env, change []string
}

var snippets = map[string]snippet{
	"azure": {
		"azure/azure-pipelines.yml",
		func(t *testing.T, doc any) string {
			return lines(at(t, doc, "steps", 1, "script")) + lines(at(t, doc, "steps", 2, "script"))
		},
		[]string{"TF_BUILD=True"},
		[]string{"SYSTEM_PULLREQUEST_PULLREQUESTID=7", "SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main"},
	},
	"bitbucket": {
		"bitbucket/bitbucket-pipelines.yml",
		func(t *testing.T, doc any) string {
			return "set -e\n" + lines(at(t, doc, "definitions", "steps", 0, "step", "script"))
		},
		[]string{"BITBUCKET_BUILD_NUMBER=7", "BITBUCKET_REPO_FULL_NAME=team/deploy", "BITBUCKET_COMMIT=c0ffee"},
		[]string{"BITBUCKET_PR_ID=7", "BITBUCKET_PR_DESTINATION_BRANCH=main"},
	},
	"circleci": {
		"circleci/config.yml",
		func(t *testing.T, doc any) string {
			return "set -e\n" + lines(at(t, doc, "jobs", "kustoms", "steps", 1, "run", "command")) + lines(at(t, doc, "jobs", "kustoms", "steps", 2, "run", "command"))
		},
		[]string{"CIRCLECI=true"},
		[]string{"KUSTOMS_TARGET=main"},
	},
	"tekton": {
		"tekton/task.yaml",
		func(t *testing.T, doc any) string { return lines(at(t, doc, "spec", "steps", 0, "script")) },
		[]string{"KUSTOMS_CI_PLATFORM=tekton", "KUSTOMS_FAIL_ON=high", "KUSTOMS_BASE=", "PATHS="},
		[]string{"KUSTOMS_BASE=origin/main"},
	},
	"argo-workflows": {
		"argo-workflows/workflow-template.yaml",
		func(t *testing.T, doc any) string {
			return lines(at(t, doc, "spec", "templates", 0, "script", "source"))
		},
		nil, nil,
	},
	"argocd": {
		"argocd/presync-job.yaml",
		func(t *testing.T, doc any) string {
			c := at(t, doc, "spec", "template", "spec", "containers", 0)
			return "set -e\n" + lines(at(t, c, "args", 0))
		},
		[]string{"BRANCH=main", "PATHS=pods"}, nil,
	},
	"docker": {"docker/run.sh", nil, nil, nil},
}

// Each snippet's script is run by a shell, on a repository with a fault and on
// one that its change does not make worse. Of the platforms nothing is here.
func TestSnippets(t *testing.T) {
	whole(t)
	tool(t, "curl")
	tool(t, "jq")
	mirror := release(t, "1.0.0")
	archive, err := filepath.Glob(filepath.Join(mirror, "v1.0.0", "*.tar.gz"))
	check(t, err)
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(get(t, archive[0]))))

	bin := t.TempDir()
	check(t, os.Symlink(kustoms(t), filepath.Join(bin, "kustoms")))
	// In the place of docker: the options must be those that are known here.
	put(t, filepath.Join(bin, "docker"), `#!/bin/sh
set -eu
[ "$1" = run ]
shift
while :; do
  case $1 in
    --rm | --read-only) shift ;;
    --network | --cap-drop | --security-opt | --user | --volume | --workdir) shift 2 ;;
    ghcr.io/kustoms-dev/kustoms:1.0.0) shift; exec kustoms "$@" ;;
    *) echo "no option $1" >&2; exit 64 ;;
  esac
done
`)
	check(t, os.Chmod(filepath.Join(bin, "docker"), 0o755))

	for name, s := range snippets {
		t.Run(name, func(t *testing.T) {
			script := get(t, filepath.Join(root, "ci-templates", s.file))
			if s.script != nil {
				var doc any
				check(t, yaml.Unmarshal([]byte(script), &doc))
				script = s.script(t, doc)
			}
			up := filepath.Join(t.TempDir(), "up")
			put(t, filepath.Join(up, "pods/web.yaml"), pod("web", true))
			put(t, filepath.Join(up, "code-insights.sh"), get(t, filepath.Join(root, "ci-templates/bitbucket/code-insights.sh")))
			commit(t, up)
			dir := filepath.Join(t.TempDir(), "clone")
			run(t, up, "git", "clone", "-q", up, dir)

			insights := newInsights()
			defer insights.Close()
			do := func(env ...string) (string, int) {
				cmd := exec.Command("sh", "-c", strings.ReplaceAll(script, "/tmp/", bin+"/"))
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "KUSTOMS_URL=file://"+archive[0], "KUSTOMS_SHA256="+sum,
					"AGENT_TEMPDIRECTORY="+bin, "KUSTOMS_BITBUCKET_PROXY="+insights.URL, "REPOSITORY="+up)
				cmd.Env = append(cmd.Env, s.env...)
				cmd.Env = append(cmd.Env, env...)
				out, err := cmd.CombinedOutput()
				if _, exited := err.(*exec.ExitError); err != nil && !exited {
					t.Fatal(err)
				}
				os.RemoveAll(filepath.Join(bin, "src"))
				return string(out), cmd.ProcessState.ExitCode()
			}
			if out, code := do(); code != 1 || !strings.Contains(out, "privileged-container") {
				t.Errorf("findings: exit code %d, want 1\n%s", code, out)
			}
			if name != "argocd" {
				if _, err := os.Stat(filepath.Join(dir, "kustoms-reports/kustoms.json")); err != nil {
					t.Error(err)
				}
			}
			if name == "bitbucket" {
				insights.expect(t, "FAILED", "pods/web.yaml")
			}
			if s.change != nil {
				if out, code := do(s.change...); code != 0 || !strings.Contains(out, "compared with") {
					t.Errorf("nothing new: exit code %d, want 0\n%s", code, out)
				}
				if name == "bitbucket" {
					insights.expect(t, "PASSED")
				}
			}
			if strings.Contains(script, "KUSTOMS_SHA256") {
				if out, code := do("KUSTOMS_SHA256=" + strings.Repeat("0", 64)); code == 0 || strings.Contains(out, "privileged-container") {
					t.Errorf("a program with another checksum is run: exit code %d\n%s", code, out)
				}
			}
		})
	}
}

// insights takes what is told to Code Insights, as the proxy that Pipelines has.
type insights struct {
	*httptest.Server
	mu     sync.Mutex
	result string
	paths  []string
	faults []string
}

func newInsights() *insights {
	in := &insights{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.mu.Lock()
		defer in.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		const url = "http://api.bitbucket.org/2.0/repositories/team/deploy/commit/c0ffee/reports/kustoms"
		var report struct {
			Title, Result string
			Type          string `json:"report_type"`
			Data          []struct{ Value int }
		}
		var notes []struct {
			ID       string `json:"external_id"`
			Type     string `json:"annotation_type"`
			Path     string
			Line     int
			Severity string
			Summary  string
		}
		switch {
		case err != nil:
		case r.Method == "PUT" && r.URL.String() == url:
			err = json.Unmarshal(body, &report)
			in.result, in.paths = report.Result, nil
			if report.Type != "SECURITY" || len(report.Data) > 10 {
				err = fmt.Errorf("not a report: %s", body)
			}
		case r.Method == "POST" && r.URL.String() == url+"/annotations":
			err = json.Unmarshal(body, &notes)
			for _, n := range notes {
				if n.ID == "" || n.Type != "VULNERABILITY" || n.Line < 1 || n.Severity == "" || n.Summary == "" || len(notes) > 100 {
					err = fmt.Errorf("not an annotation: %+v", n)
				}
				in.paths = append(in.paths, n.Path)
			}
		default:
			err = fmt.Errorf("%s %s", r.Method, r.URL)
		}
		if err != nil {
			in.faults = append(in.faults, err.Error())
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}))
	return in
}

func (in *insights) expect(t *testing.T, result string, paths ...string) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.result != result || len(in.faults) > 0 {
		t.Errorf("Code Insights: %q, want %q; %q", in.result, result, in.faults)
	}
	if len(paths) == 0 && len(in.paths) > 0 {
		t.Errorf("annotations: %q", in.paths)
	}
	for _, p := range paths {
		if !strings.Contains(strings.Join(in.paths, " "), p) {
			t.Errorf("no annotation in %s: %q", p, in.paths)
		}
	}
}

// The hook of pre-commit names a command that there is.
func TestSnippetPreCommit(t *testing.T) {
	whole(t)
	var hooks []struct{ ID, Entry, Language string }
	check(t, yaml.Unmarshal([]byte(get(t, filepath.Join(root, ".pre-commit-hooks.yaml"))), &hooks))
	if len(hooks) != 1 || hooks[0].Language != "golang" {
		t.Fatalf("%+v", hooks)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "web.yaml"), pod("web", true))
	commit(t, dir)
	words := strings.Fields(hooks[0].Entry)
	cmd := exec.Command(filepath.Join(filepath.Dir(kustoms(t)), words[0]), words[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "privileged-container") {
		t.Errorf("%v\n%s", err, out)
	}
}
