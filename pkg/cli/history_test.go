package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/cli"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// shop is a chart, an overlay of a base, and a manifest, each with faults.
var shop = map[string]string{
	"chart/Chart.yaml":  "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
	"chart/values.yaml": "image: example.com/shop\ntag: latest\nhostPID: true\n",
	"chart/templates/deploy.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      hostPID: {{ .Values.hostPID }}
      containers:
      - name: web
        image: {{ .Values.image }}:{{ .Values.tag }}
        securityContext: {privileged: true}
`,
	"base/kustomization.yaml": "resources: [api.yaml]\n",
	"base/api.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      hostNetwork: true
      containers:
      - name: api
        image: example.com/api:1
        securityContext: {privileged: true}
`,
	"prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\nnamespace: prod\npatches: [{path: p.yaml}]\n",
	"prod/p.yaml":             "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {template: {spec: {hostIPC: true}}}\n",
	"plain/pod.yaml":          "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec:\n  hostIPC: true\n  containers:\n  - name: a\n    image: example.com/a:latest\n  - name: b\n    image: example.com/b:1\n",
}

func scanFiles(t *testing.T, files map[string]string) *result.Report {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	args := []string{"kustoms", "scan", dir, "--root", dir, "--report", "json=-", "--profile", "strict", "--fail-on", "none"}
	if code := cli.Main(context.Background(), args, nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	var r result.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func fingerprints(r *result.Report) map[string]string {
	out := map[string]string{}
	for i := range r.Findings {
		f := &r.Findings[i]
		out[f.Fingerprint] = f.Rule + " " + f.Object.String() + " " + f.Field
	}
	return out
}

// TestFingerprintsOverHistory edits a repository step by step. What is no new
// problem keeps its fingerprint, in each step and so over all of them.
func TestFingerprintsOverHistory(t *testing.T) {
	type files = map[string]string
	replace := func(name, from, to string) func(files) {
		return func(fs files) {
			if !strings.Contains(fs[name], from) {
				t.Fatalf("%s holds no %q", name, from)
			}
			fs[name] = strings.ReplaceAll(fs[name], from, to)
		}
	}
	move := func(from, to string) func(files) {
		return func(fs files) { fs[to] = fs[from]; delete(fs, from) }
	}
	steps := []struct {
		name string
		edit func(files)
		// adds is a word that all new findings' field or object hold, "" if
		// the step may add none.
		adds string
	}{
		{"lines above, in all files", func(fs files) {
			for name := range fs {
				fs[name] = "# a comment\n\n" + fs[name]
			}
		}, ""},
		{"template renamed", move("chart/templates/deploy.yaml", "chart/templates/aa.yaml"), ""},
		{"manifest renamed", move("plain/pod.yaml", "plain/zz.yaml"), ""},
		{"resource renamed", func(fs files) {
			move("base/api.yaml", "base/aaa.yaml")(fs)
			replace("base/kustomization.yaml", "api.yaml", "aaa.yaml")(fs)
		}, ""},
		{"values reordered", func(fs files) {
			fs["chart/values.yaml"] = "hostPID: true\n\ntag: latest\nimage: example.com/shop\n"
		}, ""},
		{"an overlay before the others, with another prefix", func(fs files) {
			fs["aaa/kustomization.yaml"] = "resources: [../base]\nnamePrefix: a-\nnamespace: a\n"
		}, `namespace "a"`},
		{"a container before, in the manifest", replace("plain/zz.yaml", "  - name: a\n", "  - name: first\n    image: example.com/first:1\n  - name: a\n"), "first"},
		{"a container before, in the chart", replace("chart/templates/aa.yaml", "      - name: web\n", "      - name: first\n        image: example.com/f:1\n      - name: web\n"), "first"},
		{"an object more", func(fs files) {
			fs["plain/zzz.yaml"] = strings.ReplaceAll(shop["plain/pod.yaml"], "name: p,", "name: other,")
		}, "other"},
		{"a values file for another environment", func(fs files) {
			fs[".kustoms.yaml"] = "discover: true\nmatrix:\n- charts: [chart]\n  environments: [{name: dev}, {name: prod, values: [\"{chart}/prod.yaml\"]}]\n"
			fs["chart/prod.yaml"] = "hostPID: true\n"
		}, ""},
	}
	fs := maps.Clone(shop)
	before := fingerprints(scanFiles(t, fs))
	if len(before) < 40 {
		t.Fatalf("%d findings at first", len(before))
	}
	for _, s := range steps {
		s.edit(fs)
		r := scanFiles(t, fs)
		after := fingerprints(r)
		if len(after) != len(r.Findings) {
			t.Errorf("%s: %d fingerprints of %d findings", s.name, len(after), len(r.Findings))
		}
		for _, id := range slices.Sorted(maps.Keys(before)) {
			if _, ok := after[id]; !ok {
				t.Errorf("%s: lost %s %s", s.name, id, before[id])
			}
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			about := f.Object.String() + f.Container + f.Field + f.Message
			if _, ok := before[f.Fingerprint]; !ok && (s.adds == "" || !strings.Contains(about, s.adds)) {
				t.Errorf("%s: added %s %s", s.name, f.Fingerprint, after[f.Fingerprint])
			}
		}
		before = after
	}
}
