package cli_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// remembered is a repository in which everything shares something: a chart by
// "file://" and one vendored twice, a base of two overlays, a linked values
// file, a definition, GitOps objects, and rules of its own.
var remembered = map[string]string{
	".kustoms.yaml":                                "kubeVersion: 1.33\nintents:\n  - {only: {from: default/app, to: default/db, port: 5432}}\n",
	".gitleaks.toml":                               "[extend]\nuseDefault = true\n",
	"charts/lib/Chart.yaml":                        "apiVersion: v2\nname: lib\nversion: 1.0.0\n",
	"charts/lib/values.yaml":                       "tag: \"1\"\n",
	"charts/lib/templates/db.yaml":                 "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, labels: {app: db}}\nspec:\n  template:\n    metadata: {labels: {app: db}}\n    spec:\n      containers:\n        - name: db\n          image: example.com/db:{{ .Values.tag }}\n",
	"charts/app/Chart.yaml":                        "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n  - {name: lib, version: 1.0.0, repository: \"file://../lib\"}\n  - {name: common, version: 1.0.0}\n",
	"charts/app/values.yaml":                       "replicas: 2\nprivileged: true\n",
	"charts/app/values-prod.yaml":                  "replicas: 5\n",
	"charts/app/templates/app.yaml":                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app, labels: {app: app}}\nspec:\n  replicas: {{ .Values.replicas }}\n  template:\n    metadata: {labels: {app: app}}\n    spec:\n      containers:\n        - name: app\n          image: example.com/app:latest\n          securityContext:\n            privileged: {{ .Values.privileged }}\n",
	"charts/app/charts/common/Chart.yaml":          "apiVersion: v2\nname: common\nversion: 1.0.0\n",
	"charts/app/charts/common/templates/cm.yaml":   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: common}\ndata:\n  note: {{ .Files.Get \"note.txt\" | quote }}\n",
	"charts/app/charts/common/note.txt":            "hello\n",
	"charts/other/Chart.yaml":                      "apiVersion: v2\nname: other\nversion: 1.0.0\n",
	"charts/other/charts/common/Chart.yaml":        "apiVersion: v2\nname: common\nversion: 1.0.0\n",
	"charts/other/charts/common/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: common}\ndata: {user: admin}\n",
	"charts/other/templates/x.yaml":                "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3}\n",
	"charts/missing/Chart.yaml":                    "apiVersion: v2\nname: missing\nversion: 1.0.0\ndependencies:\n  - {name: redis, version: 1.0.0, repository: \"https://charts.example.com\"}\n",
	"base/kustomization.yaml":                      "resources: [web.yaml]\nconfigMapGenerator:\n  - name: settings\n    files: [settings.env]\n",
	"base/settings.env":                            "MODE=fast\n",
	"base/web.yaml":                                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - {name: web, image: \"example.com/web:1\"}\n",
	"overlays/staging/kustomization.yaml":          "resources: [../../base]\nnamespace: staging\n",
	"overlays/prod/kustomization.yaml":             "resources: [../../base]\nnamespace: prod\npatches:\n  - path: patch.yaml\n",
	"overlays/prod/patch.yaml":                     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n",
	"crds/widget.yaml":                             "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n            spec: {type: object, properties: {size: {type: integer, maximum: 9}}}\n",
	"apps/app.yaml":                                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: live}\nspec:\n  destination: {namespace: live}\n  source:\n    repoURL: https://git.example.com/all.git\n    path: charts/app\n    helm: {valueFiles: [values-prod.yaml, ../../env/live.yaml]}\n",
	"env/live.yaml":                                "privileged: false\n",
	"plain/role.yaml":                              "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: [{apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}]\n",
	"plain/secret.yaml":                            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: tRu5tN0-0ne-h3re}\n",
}

// edit is a change to the repository or the cache; n is random.
type edit struct {
	name string
	do   func(e *edits, n int)
}

type edits struct {
	t          *testing.T
	dir, cache string
	args       []string
}

func (e *edits) read(name string) string {
	data, err := os.ReadFile(filepath.Join(e.dir, name))
	if err != nil {
		return remembered[name]
	}
	return string(data)
}

func (e *edits) put(name, text string) { put(e.t, e.dir, map[string]string{name: text}) }

// turn swaps two texts of a file for one another.
func (e *edits) turn(name, one, other string) {
	text := e.read(name)
	if len(other) > len(one) {
		one, other = other, one // which may hold it
	}
	if strings.Contains(text, one) {
		text = strings.Replace(text, one, other, 1)
	} else {
		text = strings.Replace(text, other, one, 1)
	}
	e.put(name, text)
}

// come creates a file, or removes it.
func (e *edits) come(name, text string) {
	p := filepath.Join(e.dir, name)
	if _, err := os.Lstat(p); err == nil {
		if err := os.Remove(p); err != nil {
			e.t.Fatal(err)
		}
		return
	}
	e.put(name, text)
}

// any is a file of a tree, in a fixed order.
func (e *edits) any(dir string, n int) string {
	var all []string
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all = append(all, p)
		}
		return nil
	})
	if len(all) == 0 {
		return ""
	}
	return all[n%len(all)]
}

var editsToDo = []edit{
	{"a line above", func(e *edits, n int) {
		p := e.any(e.dir, n)
		name, _ := filepath.Rel(e.dir, p)
		if ext := filepath.Ext(name); ext == ".yaml" || ext == ".env" {
			e.put(name, "# a line\n"+e.read(name))
		}
	}},
	{"values", func(e *edits, n int) {
		e.put("charts/app/values.yaml", fmt.Sprintf("replicas: %d\nprivileged: %t\n", n%9, n%2 == 0))
	}},
	{"values of an environment", func(e *edits, n int) { e.put("charts/app/values-prod.yaml", fmt.Sprintf("replicas: %d\n", n%9)) }},
	{"values outside of the chart", func(e *edits, n int) {
		e.put("env/live.yaml", fmt.Sprintf("privileged: %t\nreplicas: %d\n", n%2 == 0, n%5))
	}},
	{"a new environment", func(e *edits, n int) { e.come("charts/app/values-test.yaml", "privileged: false\n") }},
	{"the shared chart", func(e *edits, n int) { e.turn("charts/lib/values.yaml", "tag: \"1\"", "tag: latest") }},
	{"a template of the shared chart", func(e *edits, n int) {
		e.come("charts/lib/templates/more.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: more}\n")
	}},
	{"a vendored chart", func(e *edits, n int) {
		e.turn("charts/other/charts/common/templates/cm.yaml", "user: admin", "password: Ab9-kLm2-Xyz8-Qrs1")
	}},
	{"a file that a template reads", func(e *edits, n int) { e.put("charts/app/charts/common/note.txt", fmt.Sprintln("hello", n)) }},
	{"what Helm ignores", func(e *edits, n int) {
		e.come("charts/app/.helmignore", "note.txt\ncharts/common/note.txt\nvalues-prod.yaml\n")
	}},
	{"a dependency goes", func(e *edits, n int) { e.turn("charts/app/Chart.yaml", "file://../lib", "file://../gone") }},
	{"a dependency comes", func(e *edits, n int) {
		e.come("charts/missing/charts/redis/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 1.0.0\n")
	}},
	{"the base", func(e *edits, n int) { e.turn("base/web.yaml", "example.com/web:1", "example.com/web:latest") }},
	{"a generator's file", func(e *edits, n int) { e.put("base/settings.env", fmt.Sprintf("MODE=fast\nN=%d\n", n)) }},
	{"a patch", func(e *edits, n int) {
		e.put("overlays/prod/patch.yaml", fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: %d}\n", n%7))
	}},
	{"a patch breaks", func(e *edits, n int) { e.turn("overlays/prod/kustomization.yaml", "patch.yaml", "lost.yaml") }},
	{"a definition", func(e *edits, n int) { e.turn("crds/widget.yaml", "maximum: 9", "maximum: 2") }},
	{"an application", func(e *edits, n int) { e.turn("apps/app.yaml", "path: charts/app", "path: charts/other") }},
	{"what it sets", func(e *edits, n int) {
		e.turn("apps/app.yaml", "valueFiles: [values-prod.yaml, ../../env/live.yaml]", "parameters: [{name: replicas, value: \"4\"}]")
	}},
	{"a manifest goes", func(e *edits, n int) { e.come("plain/role.yaml", remembered["plain/role.yaml"]) }},
	{"a manifest breaks", func(e *edits, n int) { e.turn("plain/role.yaml", "metadata: {name: r}", "metadata: {name: r") }},
	{"a secret", func(e *edits, n int) { e.come("plain/token.env", "GITHUB_TOKEN=ghp_"+strings.Repeat("a8Xk2", 7)+"Z\n") }},
	{"secrets that are allowed", func(e *edits, n int) { e.come(".gitleaksignore", "plain/secret.yaml:kubernetes-secret-yaml:4\n") }},
	{"rules of secrets", func(e *edits, n int) {
		e.turn(".gitleaks.toml", "useDefault = true\n", "useDefault = true\n[[rules]]\nid = \"mode\"\nregex = '''MODE=(\\w+)'''\n")
	}},
	{"a comment that accepts", func(e *edits, n int) {
		e.turn("base/web.yaml", "containers:\n", "containers: # kustoms:ignore image-tag-mutable -- pinned elsewhere\n")
	}},
	{"a link", func(e *edits, n int) {
		p := filepath.Join(e.dir, "charts/other/values.yaml")
		if err := os.Remove(p); err != nil {
			to := []string{"../app/values.yaml", "../lib/values.yaml", "/etc/hosts"}[n%3]
			if err := os.Symlink(to, p); err != nil {
				e.t.Fatal(err)
			}
		}
	}},
	{"the configuration", func(e *edits, n int) { e.turn(".kustoms.yaml", "intents:", "profile: strict\nintents:") }},
	{"an intent", func(e *edits, n int) { e.turn(".kustoms.yaml", "to: default/db", "to: default/store") }},
	{"what is looked at", func(e *edits, n int) {
		e.turn(".kustoms.yaml", "kubeVersion: 1.33", "kubeVersion: 1.33\nexclude: [charts/lib]")
	}},
	{"the Kubernetes version", func(e *edits, n int) { e.args = []string{"--kube-version", []string{"1.33", "1.35", "1.37"}[n%3]} }},
	{"the rules that run", func(e *edits, n int) { e.args = []string{"--rules", []string{"rbac", "pod", "secret"}[n%3]} }},
	{"all rules", func(e *edits, n int) { e.args = nil }},
	{"the cache is cut short", func(e *edits, n int) { e.damage(n, func(data []byte) []byte { return data[:len(data)/2] }) }},
	{"a bit of the cache flips", func(e *edits, n int) {
		e.damage(n, func(data []byte) []byte {
			if len(data) > 0 {
				data[n%len(data)] ^= 1 << (n % 8)
			}
			return data
		})
	}},
	{"a file of the cache is another's", func(e *edits, n int) {
		other, _ := os.ReadFile(e.any(e.cache, n/3))
		e.damage(n, func([]byte) []byte { return other })
	}},
	{"part of the cache goes", func(e *edits, n int) {
		for i := range 20 {
			if p := e.any(e.cache, n+i*7); p != "" {
				_ = os.Remove(p)
			}
		}
	}},
}

func (e *edits) damage(n int, how func([]byte) []byte) {
	p := e.any(e.cache, n)
	data, err := os.ReadFile(p)
	if err != nil {
		return
	}
	if err := os.WriteFile(p, how(data), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// TestMemory changes a repository a hundred times and more, and its cache in
// between, and holds each run that remembers to one that does not.
func TestMemory(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "cache")
	put(t, dir, remembered)
	put(t, dir, map[string]string{".git/config": "[remote \"origin\"]\n\turl = https://git.example.com/all.git\n", ".git/HEAD": "ref: refs/heads/main\n"})
	e := &edits{t: t, dir: dir, cache: cache}
	rnd := rand.New(rand.NewPCG(1, 2))
	scan := func(more ...string) string {
		out, errs := kustoms(t, 0, slices.Concat([]string{"scan", dir, "--root", dir, "--exit-zero", "--report", "json=-"}, e.args, more)...)
		if strings.Contains(errs, "warning") {
			t.Errorf("%s", errs)
		}
		return out
	}
	seen := map[string]int{}
	var last string
	for i := range 3 * len(editsToDo) {
		next := editsToDo[rnd.IntN(len(editsToDo))]
		if i < len(editsToDo) {
			next = editsToDo[i] // each at least once
		}
		next.do(e, rnd.IntN(1<<20))
		cold := scan()
		if cold != last {
			seen[next.name]++
		}
		last = cold
		for run := range 2 { // the second has it all
			if warm := scan("--cache-dir", cache); warm != cold {
				t.Fatalf("edit %d (%s), run %d: the run that remembers differs\n%s", i, next.name, run, difference(cold, warm))
			}
		}
	}
	if len(seen) < 26 {
		t.Errorf("only %d kinds of edits changed the report: the test proves little: %v", len(seen), seen)
	}
}

// difference is the first line in which two texts differ, and those around it.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			from, to := max(0, i-12), i+3
			return strings.Join(x[from:min(to, len(x))], "\n") + "\n--- with the cache\n" + strings.Join(y[from:min(to, len(y))], "\n")
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}
