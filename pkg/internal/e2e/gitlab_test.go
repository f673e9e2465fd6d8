package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"
)

const (
	gitlabTemplate  = "ci-templates/gitlab/kustoms.gitlab-ci.yml"
	gitlabComponent = "ci-templates/gitlab/templates/kustoms.yml"
)

// gitlabProject is a repository as GitLab has it, and a clone of it.
type gitlabProject struct {
	dir  string
	env  []string
	base string // where the merge request left main
}

// newGitlabProject makes a project of files whose pipeline is ci. The template
// is in it, and in a component project that is published as 1.0.0.
func newGitlabProject(t *testing.T, ci string, files map[string]string) *gitlabProject {
	t.Helper()
	tool(t, "rsync") // the runner copies with it
	if runtime.GOOS == "windows" {
		t.Skip("the template's scripts are for a POSIX shell")
	}
	tmp := t.TempDir()
	home := filepath.Join(tmp, "home")
	check(t, os.MkdirAll(home, 0o755))
	p := &gitlabProject{dir: filepath.Join(tmp, "proj")}

	part := filepath.Join(tmp, "component")
	put(t, filepath.Join(part, "templates/kustoms.yml"), get(t, filepath.Join(root, gitlabComponent)))
	put(t, filepath.Join(part, "README.md"), "kustoms\n")
	commit(t, part)
	run(t, part, "git", "tag", "1.0.0")
	bare := filepath.Join(tmp, "remotes")
	run(t, tmp, "git", "clone", "-q", "--bare", part, filepath.Join(bare, "grp/kustoms.git"))
	run(t, tmp, "git", "clone", "-q", "--bare", part, filepath.Join(bare, "kustoms/kustoms.git"))

	for name, text := range files {
		put(t, filepath.Join(p.dir, name), text)
	}
	put(t, filepath.Join(p.dir, "kustoms.gitlab-ci.yml"), get(t, filepath.Join(root, gitlabTemplate)))
	put(t, filepath.Join(p.dir, ".gitlab-ci.yml"), ci)
	put(t, filepath.Join(p.dir, ".gitignore"), ".gitlab-ci-local/\n")
	commit(t, p.dir)
	run(t, tmp, "git", "clone", "-q", "--bare", p.dir, filepath.Join(bare, "grp/proj.git"))
	run(t, p.dir, "git", "remote", "add", "origin", "git@gitlab.com:grp/proj.git")
	p.base = run(t, p.dir, "git", "rev-parse", "HEAD")
	run(t, p.dir, "git", "update-ref", "refs/remotes/origin/main", "HEAD")
	run(t, p.dir, "git", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")

	var config strings.Builder
	fmt.Fprintf(&config, "[user]\n\tname = t\n\temail = t@example.com\n[url \"file://%s/\"]\n", bare)
	for _, url := range []string{"git@gitlab.com:", "ssh://git@gitlab.com/", "ssh://git@gitlab.com:22/", "https://gitlab.com/"} {
		fmt.Fprintf(&config, "\tinsteadOf = %s\n", url)
	}
	put(t, filepath.Join(home, ".gitconfig"), config.String())
	p.env = append(os.Environ(), "HOME="+home, "GIT_CONFIG_GLOBAL="+filepath.Join(home, ".gitconfig"),
		"PATH="+filepath.Dir(kustoms(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	return p
}

func commit(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		run(t, dir, "git", "init", "-q", "-b", "main")
	}
	run(t, dir, "git", "add", "-A")
	run(t, dir, "git", "commit", "-q", "--allow-empty", "-m", "x")
}

// ci runs gitlab-ci-local and returns what it printed. It ends with 0 or 1
// whatever a job ended with: the lines of the jobs say that.
func (p *gitlabProject) ci(t *testing.T, args ...string) string {
	t.Helper()
	modules := filepath.Join(root, "bin/tools/npm/node_modules")
	node, local := filepath.Join(modules, "node/bin/node"), filepath.Join(modules, "gitlab-ci-local/dist/index.js")
	for _, f := range []string{node, local} {
		if _, err := os.Stat(f); err != nil {
			lacks(t, "gitlab-ci-local", "scripts/install-tools.sh e2e")
		}
	}
	cmd := exec.Command(node, append([]string{local, "--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source"}, args...)...)
	cmd.Dir, cmd.Env = p.dir, p.env
	out, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return color.ReplaceAllString(string(out), "")
}

// mergeRequest runs the pipeline of merge request 7, whose checkout is HEAD.
func (p *gitlabProject) mergeRequest(t *testing.T, args ...string) string {
	t.Helper()
	return p.ci(t, append([]string{
		"--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_MERGE_REQUEST_IID=7",
		"--variable", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main", "--variable", "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + p.base,
	}, args...)...)
}

var (
	color  = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	jobEnd = regexp.MustCompile(`(?m)^ (PASS|FAIL|WARN)  (\S+(?: \[\d+/\d+\]|: \[\d+/\d+\])?)\s*$`)
	failed = regexp.MustCompile(`(?m)^(\S+)\s+finished in \S+ \S+\s+FAIL (\d+)`)
)

// verdicts lists how jobs ended, sorted: "kustoms FAIL 1".
func verdicts(out string) []string {
	codes := map[string]string{}
	for _, m := range failed.FindAllStringSubmatch(out, -1) {
		codes[m[1]] = " " + m[2]
	}
	var got []string
	for _, m := range jobEnd.FindAllStringSubmatch(out, -1) {
		code := ""
		if m[1] == "FAIL" {
			code = codes[m[2]]
		}
		got = append(got, m[2]+" "+m[1]+code)
	}
	slices.Sort(got)
	return got
}

func (p *gitlabProject) report(t *testing.T, job, name string) string {
	t.Helper()
	return get(t, filepath.Join(p.dir, ".gitlab-ci-local/artifacts", job, "kustoms-reports", name))
}

func expect(t *testing.T, out string, want ...string) {
	t.Helper()
	if got := verdicts(out); !slices.Equal(got, want) {
		t.Errorf("jobs ended with %q, want %q\n%s", got, want, out)
	}
}

func include(how, inputs string) string {
	return "include:\n  - " + how + "\n    inputs: {" + inputs + "}\n"
}

const local = "local: kustoms.gitlab-ci.yml"

// The scripts are shell within YAML: each job's is put together as GitLab does
// and checked.
func TestGitLabShellcheck(t *testing.T) {
	sc := tool(t, "shellcheck")
	dec := yaml.NewDecoder(strings.NewReader(get(t, filepath.Join(root, gitlabTemplate))))
	var spec, jobs map[string]any
	check(t, dec.Decode(&spec))
	check(t, dec.Decode(&jobs))
	lines := func(job, key string) string {
		var s string
		m, _ := jobs[job].(map[string]any)
		list, _ := m[key].([]any)
		for _, l := range list {
			s += l.(string) + "\n"
		}
		return s
	}
	name := "$[[ inputs.job-name ]]"
	before := lines("."+name+"-base", "before_script")
	for _, job := range []string{name, name + ":shard", name + ":gate"} {
		script := lines(job, "script")
		if before == "" || script == "" {
			t.Fatalf("%s has no script", job)
		}
		if strings.Contains(before+script, "$[[") {
			t.Errorf("%s: an input stands in the script: it would be run as shell", job)
		}
		file := filepath.Join(t.TempDir(), "job.sh")
		// A share's paths are split on purpose; YAML holds the remark there.
		put(t, file, "#!/bin/sh\nset -eu\n"+before+"# shellcheck disable=SC2086\n"+script)
		run(t, root, sc, "-s", "sh", file)
	}
}

func TestGitLabIncludes(t *testing.T) {
	whole(t)
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(root, "ci-templates/gitlab"))))
	defer server.Close()
	for name, how := range map[string]string{
		"local":     local,
		"remote":    "remote: " + server.URL + "/kustoms.gitlab-ci.yml",
		"project":   "project: grp/kustoms\n    ref: 1.0.0\n    file: templates/kustoms.yml",
		"component": "component: gitlab.com/grp/kustoms/kustoms@1.0.0",
		"latest":    "component: gitlab.com/grp/kustoms/kustoms@~latest",
	} {
		t.Run(name, func(t *testing.T) {
			p := newGitlabProject(t, include(how, "job-name: check, stage: build"), map[string]string{"pod.yaml": pod("web", false)})
			if out := p.ci(t, "--list"); !regexp.MustCompile(`(?m)^check +build `).MatchString(out) {
				t.Errorf("no job check in stage build:\n%s", out)
			}
			expect(t, p.ci(t, "--variable", "KUSTOMS_FAIL_ON=critical"), "check PASS")
		})
	}
}

// The pipelines that GitLab's page shows are run as they are, in a project that
// has what the page says.
func TestGitLabDocs(t *testing.T) {
	whole(t)
	n := 0
	for _, ci := range blocks(t, "docs/ci/gitlab.md", "yaml") {
		if !strings.HasPrefix(ci, "include:") {
			continue
		}
		n++
		t.Run(strings.Join(strings.Fields(ci), " "), func(t *testing.T) {
			p := newGitlabProject(t, ci, map[string]string{"shop/pod.yaml": pod("web", true), "bank/pod.yaml": pod("bank", true), "platform/bank/pod.yaml": pod("core", true)})
			got := verdicts(p.ci(t, "--variable", "CI_SERVER_FQDN=gitlab.com"))
			if len(got) == 0 {
				t.Error("no job ran")
			}
			for _, v := range got {
				if !strings.HasSuffix(v, " FAIL 1") {
					t.Errorf("a job ended with %q, though each has a finding", v)
				}
			}
		})
	}
	if n < 4 {
		t.Errorf("the page shows %d pipelines", n)
	}
}

func TestGitLabInputs(t *testing.T) {
	whole(t)
	listed := regexp.MustCompile(`(?m)^\S+ +test +on_success`)
	good := newGitlabProject(t, include(local, "tier: ultimate, fail-on: low, shards: 2, only-new: false"), nil)
	if out := good.ci(t, "--list"); !listed.MatchString(out) {
		t.Fatalf("good inputs are not taken:\n%s", out)
	}
	for _, inputs := range []string{"tier: gold", "fail-on: some", "job-name: \"a b\"", "shards: many", "only-new: perhaps", "download-sha256: abc"} {
		t.Run(inputs, func(t *testing.T) {
			p := newGitlabProject(t, include(local, inputs), map[string]string{"pod.yaml": pod("web", false)})
			if out := p.ci(t, "--list"); listed.MatchString(out) {
				t.Errorf("is taken:\n%s", out)
			}
		})
	}
}

func TestGitLabBranch(t *testing.T) {
	whole(t)
	bad := map[string]string{"pods/web.yaml": pod("web", true), "more/api.yaml": pod("api", false)}
	for name, c := range map[string]struct {
		inputs string
		files  map[string]string
		want   []string
	}{
		"clean":      {"fail-on: critical", map[string]string{"pod.yaml": pod("web", false)}, []string{"kustoms PASS"}},
		"findings":   {"", bad, []string{"kustoms FAIL 1"}},
		"tolerated":  {"fail-on: none", bad, []string{"kustoms PASS"}},
		"paths":      {"paths: more, fail-on: critical", bad, []string{"kustoms PASS"}},
		"incomplete": {"", map[string]string{"pod.yaml": pod("web", false), "broken.yaml": "apiVersion: v1\nkind: Pod\n  metadata: {\n"}, []string{"kustoms FAIL 3"}},
		"broken chart": {"", map[string]string{
			"chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "chart/templates/x.yaml": "{{ .Values.a.b.c }}",
		}, []string{"kustoms FAIL 3"}},
		"bad configuration": {"", map[string]string{"pod.yaml": pod("web", false), ".kustoms.yaml": "nosuch: true\n"}, []string{"kustoms FAIL 2"}},
		"ultimate":          {"tier: ultimate", bad, []string{"kustoms PASS", "kustoms:gate FAIL 1"}},
		"ultimate, clean":   {"tier: ultimate, fail-on: critical", map[string]string{"pod.yaml": pod("web", false)}, []string{"kustoms PASS", "kustoms:gate PASS"}},
		"security reports":  {"tier: ultimate-security-reports", bad, []string{"kustoms PASS", "kustoms:gate FAIL 1"}},
		"shards":            {"shards: 3", bad, []string{"kustoms FAIL 1", "kustoms:shard: [1/3] PASS", "kustoms:shard: [2/3] PASS", "kustoms:shard: [3/3] PASS"}},
		"shards, ultimate":  {"shards: 2, tier: ultimate", bad, []string{"kustoms PASS", "kustoms:gate FAIL 1", "kustoms:shard: [1/2] PASS", "kustoms:shard: [2/2] PASS"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newGitlabProject(t, include(local, c.inputs), c.files)
			expect(t, p.ci(t), c.want...)
			if name == "bad configuration" {
				return
			}
			p.readable(t)
		})
	}
}

// Two parts of a project, each with its own job.
func TestGitLabMonorepo(t *testing.T) {
	whole(t)
	ci := include(local, "job-name: shop, paths: shop") + "  - " + local + "\n    inputs: {job-name: bank, paths: bank api, tier: ultimate}\n"
	p := newGitlabProject(t, ci, map[string]string{"shop/web.yaml": pod("web", true), "bank/web.yaml": pod("bank", true), "api/api.yaml": pod("api", true)})
	expect(t, p.ci(t), "bank PASS", "bank:gate FAIL 1", "shop FAIL 1")
	for job, want := range map[string][3]bool{"shop": {true, false, false}, "bank": {false, true, true}} {
		rep := p.report(t, job, "kustoms.json")
		for i, path := range []string{"shop/web.yaml", "bank/web.yaml", "api/api.yaml"} {
			if strings.Contains(rep, `"path": "`+path+`"`) != want[i] {
				t.Errorf("job %s: %s is in the report: %v", job, path, !want[i])
			}
		}
	}
}

// An old project accepts what is there, and then fails on what comes new.
func TestGitLabBaseline(t *testing.T) {
	whole(t)
	p := newGitlabProject(t, include(local, ""), map[string]string{"web.yaml": pod("web", true)})
	expect(t, p.ci(t), "kustoms FAIL 1")
	run(t, p.dir, kustoms(t), "baseline", "write")
	put(t, filepath.Join(p.dir, ".kustoms.yaml"), "baseline: .kustoms.baseline\n")
	commit(t, p.dir)
	expect(t, p.ci(t), "kustoms PASS")
	put(t, filepath.Join(p.dir, "api.yaml"), pod("api", true))
	commit(t, p.dir)
	expect(t, p.ci(t), "kustoms FAIL 1")
}

// readable checks what GitLab wants of the artifacts of the job.
func (p *gitlabProject) readable(t *testing.T) {
	t.Helper()
	var issues []struct {
		Description, Fingerprint, Severity string
		Location                           struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	check(t, json.Unmarshal([]byte(p.report(t, "kustoms", "gl-code-quality-report.json")), &issues))
	for _, i := range issues {
		if i.Description == "" || i.Fingerprint == "" || i.Location.Path == "" || i.Location.Lines.Begin < 1 ||
			!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, i.Severity) {
			t.Errorf("no issue of Code Quality: %+v", i)
		}
	}
	var suites struct {
		Suite []struct {
			Case []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	check(t, xml.Unmarshal([]byte(p.report(t, "kustoms", "kustoms.xml")), &suites))
	if len(suites.Suite) == 0 || len(suites.Suite[0].Case) == 0 {
		t.Error("the JUnit report has no test")
	}
	var sarif struct {
		Version string
		Runs    []struct{ Results []any }
	}
	check(t, json.Unmarshal([]byte(p.report(t, "kustoms", "kustoms.sarif")), &sarif))
	if sarif.Version != "2.1.0" || len(sarif.Runs) != 1 {
		t.Errorf("SARIF %s with %d runs", sarif.Version, len(sarif.Runs))
	}
	validSARIF(t, filepath.Join(p.dir, ".gitlab-ci-local/artifacts/kustoms/kustoms-reports/kustoms.sarif"))
	for _, name := range []string{"gl-sast-report.json", "gl-secret-detection-report.json"} {
		var r struct {
			Version         string
			Vulnerabilities []any
			Scan            struct{ Status string }
		}
		check(t, json.Unmarshal([]byte(p.report(t, "kustoms", name)), &r))
		if r.Version == "" || r.Vulnerabilities == nil || r.Scan.Status == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestGitLabMergeRequest(t *testing.T) {
	whole(t)
	// The target has a fault; the clone is shallow, so that the commit that is
	// compared with, and the branch, have to be fetched.
	start := func(t *testing.T, inputs string, change map[string]string) *gitlabProject {
		p := newGitlabProject(t, include(local, inputs), map[string]string{"web.yaml": pod("web", true)})
		for i := range 3 {
			put(t, filepath.Join(p.dir, "note"), fmt.Sprint(i))
			commit(t, p.dir)
		}
		for name, text := range change {
			put(t, filepath.Join(p.dir, name), text)
		}
		commit(t, p.dir)
		full := p.dir
		p.dir += "-clone"
		run(t, full, "git", "clone", "-q", "--depth=1", "file://"+full, p.dir)
		run(t, p.dir, "git", "remote", "set-url", "origin", "git@gitlab.com:grp/proj.git")
		run(t, p.dir, "git", "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
		run(t, p.dir, "git", "update-ref", "-d", "refs/remotes/origin/main")
		return p
	}
	t.Run("nothing new", func(t *testing.T) {
		p := start(t, "", map[string]string{"api.yaml": "# nothing\n"})
		out := p.mergeRequest(t)
		expect(t, out, "kustoms PASS")
		if !strings.Contains(out, "compared with "+p.base[:12]) {
			t.Errorf("not compared with the base:\n%s", out)
		}
		p.readable(t)
	})
	t.Run("new finding", func(t *testing.T) {
		p := start(t, "", map[string]string{"api.yaml": pod("api", true)})
		expect(t, p.mergeRequest(t), "kustoms FAIL 1")
	})
	t.Run("new finding, waved through by itself", func(t *testing.T) {
		p := start(t, "", map[string]string{
			"api.yaml":      pod("api", true),
			".kustoms.yaml": "suppressions:\n- {rule: privileged-container, reason: let me}\n",
		})
		out := p.mergeRequest(t)
		expect(t, out, "kustoms FAIL 1")
		if !strings.Contains(out, "it is not applied") {
			t.Errorf("does not say that the policy is the target's:\n%s", out)
		}
	})
	t.Run("all findings", func(t *testing.T) {
		p := start(t, "only-new: false", map[string]string{"api.yaml": "# nothing\n"})
		expect(t, p.mergeRequest(t), "kustoms FAIL 1")
	})
	t.Run("shards", func(t *testing.T) {
		p := start(t, "shards: 2", map[string]string{"api.yaml": pod("api", true)})
		expect(t, p.mergeRequest(t), "kustoms FAIL 1", "kustoms:shard: [1/2] PASS", "kustoms:shard: [2/2] PASS")
		if rep := p.report(t, "kustoms", "kustoms.json"); !strings.Contains(rep, "compared with "+p.base[:12]) || strings.Count(rep, `"baseline": "unchanged"`) == 0 {
			t.Error("the shards were not compared with the base")
		}
	})
	t.Run("base that is nowhere", func(t *testing.T) {
		p := start(t, "", nil)
		p.base = strings.Repeat("0", 39) + "1"
		expect(t, p.mergeRequest(t), "kustoms FAIL 2")
	})
	t.Run("other branches", func(t *testing.T) {
		p := newGitlabProject(t, include(local, ""), map[string]string{"web.yaml": pod("web", true)})
		run(t, p.dir, "git", "checkout", "-qb", "topic")
		if out := p.ci(t, "--list"); strings.Contains(out, "on_success") {
			t.Errorf("a job runs twice, for the branch and for its merge request:\n%s", out)
		}
	})
}

func TestGitLabDownload(t *testing.T) {
	whole(t)
	tool(t, "curl")
	mirror := release(t, "1.2.3")
	archive, err := filepath.Glob(filepath.Join(mirror, "v1.2.3", "*.tar.gz"))
	check(t, err)
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(get(t, archive[0]))))
	var tokens []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("JOB-TOKEN"))
		http.ServeFile(w, r, archive[0])
	}))
	defer server.Close()
	files := map[string]string{"pod.yaml": pod("web", false)}
	for name, c := range map[string]struct{ sum, want string }{
		"right":   {sum, "kustoms PASS"},
		"wrong":   {strings.Repeat("0", 64), "kustoms FAIL 2"},
		"missing": {"", "kustoms FAIL 2"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newGitlabProject(t, include(local, fmt.Sprintf("fail-on: critical, download-url: %q, download-sha256: %q", server.URL+"/api/v4/p/kustoms.tar.gz", c.sum)), files)
			tokens = nil
			out := p.ci(t, "--variable", "CI_API_V4_URL="+server.URL+"/api/v4", "--variable", "CI_JOB_TOKEN=glcbt-job-token")
			expect(t, out, c.want)
			if strings.Contains(out, "glcbt-job-token") {
				t.Error("the log holds the token")
			}
			if c.sum != "" && !slices.Equal(tokens, []string{"glcbt-job-token"}) {
				t.Errorf("the registry of the same GitLab was given the tokens %q", tokens)
			}
		})
	}
}

// A chart in the project's registry is fetched with the job's own log-in, which
// no log and no report holds.
func TestGitLabRegistry(t *testing.T) {
	whole(t)
	const password = "job-registry-password"
	var mu sync.Mutex
	var got, asked []string
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Header.Get("Authorization"))
		if got[len(got)-1] != "" {
			asked = append(asked, r.URL.Path)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer registry.Close()
	host := strings.TrimPrefix(registry.URL, "http://")
	p := newGitlabProject(t, include(local, fmt.Sprintf("allow-hosts: %q, registries: %q, registry-login: true", host, host)), map[string]string{
		"chart/Chart.yaml":       "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: d, version: 1.0.0, repository: \"oci://" + host + "/charts\"}\n",
		"chart/templates/x.yaml": pod("web", false),
		"api.yaml":               strings.Replace(pod("api", false), "registry.example.com", host, 1),
	})
	out := p.ci(t, "--variable", "KUSTOMS_INSECURE_HOST="+host, "--variable", "CI_REGISTRY="+host, "--variable", "CI_REGISTRY_USER=gitlab-ci-token", "--variable", "CI_REGISTRY_PASSWORD="+password)
	expect(t, out, "kustoms FAIL 3")
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("gitlab-ci-token:"+password))
	if !slices.Contains(got, want) {
		t.Errorf("the registry was asked with %q\n%s", got, out)
	}
	for _, path := range []string{"/v2/charts/d/", "/v2/web/"} {
		if !strings.Contains(strings.Join(asked, " "), path) {
			t.Errorf("%s is not asked for with the log-in: %q", path, asked)
		}
	}
	text := out + p.report(t, "kustoms", "kustoms.json")
	for _, s := range []string{password, strings.TrimPrefix(want, "Basic ")} {
		if strings.Contains(text, s) {
			t.Errorf("%q is in the log or in a report", s)
		}
	}
}
