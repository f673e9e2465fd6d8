package kustomize

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

func withCharts(repo *source.Repo) *Renderer {
	return &Renderer{Repo: repo, Charts: &helm.Renderer{Repo: repo, KubeVersion: "v1.34.0"}}
}

// The lines of an inflated chart lead to its templates, its values and the
// inline values of the kustomization.
func TestChartOrigins(t *testing.T) {
	data, err := os.ReadFile("testdata/charts.txtar")
	if err != nil {
		t.Fatal(err)
	}
	out, err := withCharts(repoOf(t, string(data))).Render(t.Context(), target("prod"))
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/charts.golden", origins(t, out))
}

const aChart = `
-- o/charts/c/Chart.yaml --
apiVersion: v2
name: c
version: 1.0.0
-- o/charts/c/values.yaml --
a: 1
-- o/charts/c/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {ns: {{ .Release.Namespace }}}
-- above/values.yaml --
a: 2
`

func TestChartRefusals(t *testing.T) {
	for _, tc := range []struct{ name, kustomization, at, msg, hint string }{
		{"remote", "helmCharts:\n- name: web\n  repo: https://charts.example.com\n  version: 1.2.3\n", "o/kustomization.yaml:2", `"https://charts.example.com/web 1.2.3" is remote`, "--allow-network"},
		{"oci", "helmCharts:\n- name: web\n  repo: oci://registry.example.com/charts\n", "o/kustomization.yaml:2", `"oci://registry.example.com/charts/web" is remote`, "--allow-network"},
		{"missing", "helmCharts:\n- name: web\n", "o/kustomization.yaml:2", `no chart in "o/charts/web"`, "chartHome"},
		{"flag as a name", "helmCharts:\n- name: --post-renderer=x\n", "o/kustomization.yaml:2", "starts with '-'", ""},
		{"home outside", "helmGlobals: {chartHome: ../../x}\nhelmCharts:\n- name: web\n", "o/kustomization.yaml:2", "leads out", ""},
		{"absolute home", "helmGlobals: {chartHome: /etc}\nhelmCharts:\n- name: web\n", "o/kustomization.yaml:2", "leads out", ""},
		{"values outside", "helmCharts:\n- name: c\n  valuesFile: ../../outside.yaml\n", "o/kustomization.yaml:", "leads out", ""},
		{"values above", "helmCharts:\n- name: c\n  valuesFile: ../above/values.yaml\n", "o/kustomization.yaml:2", "not in or below", ""},
		{"more values outside", "helmCharts:\n- name: c\n  additionalValuesFiles: [/etc/hostname]\n", "o/kustomization.yaml:", "leads out", ""},
		{"merge", "helmCharts:\n- name: c\n  valuesMerge: deep\n  valuesInline: {a: 1}\n", "o/kustomization.yaml:3", "must be merge, override or replace", ""},
		{"generator", "generators:\n- |-\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: x}\n  name: web\n", "o/kustomization.yaml:2", `no chart in "o/charts/web"`, "chartHome"},
		{"generator after a chart", "generators:\n- |-\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: x}\n  name: c\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: x}\n", "o/kustomization.yaml:7", "comes after a chart", "after other generators"},
		{"chart as a transformer", "transformers:\n- |-\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: x}\n  name: c\n", "o/kustomization.yaml:2", "not supported", "helmCharts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			repo := repoOf(t, aChart+"-- o/kustomization.yaml --\n"+tc.kustomization)
			_, err := withCharts(repo).Render(t.Context(), target("o"))
			var f *render.Fault
			if !errors.As(err, &f) {
				t.Fatalf("error %v, want a fault", err)
			}
			if !strings.HasPrefix(f.At.String(), tc.at) || !strings.Contains(f.Msg, tc.msg) || !strings.Contains(f.Hint, tc.hint) {
				t.Errorf("fault %s (hint: %s)\nwant it at %s, to say %q and to hint at %q", f, f.Hint, tc.at, tc.msg, tc.hint)
			}
		})
	}
}

// A namespace that overlays give reaches the charts of a base; two at once in
// one build would need two renders of one directory.
func TestChartNamespaces(t *testing.T) {
	repo := repoOf(t, aChart+`-- o/kustomization.yaml --
helmCharts: [{name: c}]
-- one/kustomization.yaml --
namespace: first
resources: [../o]
-- two/kustomization.yaml --
namespace: second
nameSuffix: "-2"
resources: [../o]
-- both/kustomization.yaml --
resources: [../one, ../two]
`)
	r := withCharts(repo)
	for dir, want := range map[string]string{"o": "ns: default", "one": "ns: first", "two": "ns: second"} {
		if out, err := r.Render(t.Context(), target(dir)); err != nil || !strings.Contains(string(out.Text), want) {
			t.Errorf("%s gives %+v (%v), want %q in it", dir, out, err, want)
		}
	}
	if _, err := r.Render(t.Context(), target("both")); err == nil || !strings.Contains(err.Error(), `"first" and "second"`) {
		t.Errorf("error %v, want one that names both namespaces", err)
	}
}

func TestLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString("-- o/kustomization.yaml --\nresources: [cm.yaml]\n-- o/cm.yaml --\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c%d\ndata:\n  a: b\n", i)
	}
	repo := repoOf(t, b.String())
	for _, tc := range []struct {
		r    Renderer
		want string
	}{
		{Renderer{Repo: repo, Timeout: time.Nanosecond}, "the build took longer than 1ns"},
		{Renderer{Repo: repo, Timeout: 20 * time.Millisecond}, "the build took longer than 20ms"},
		{Renderer{Repo: repo, MaxOutput: 1 << 10}, "the build prints"},
	} {
		_, err := tc.r.Render(t.Context(), target("o"))
		f := render.AsFault(err)
		if err == nil || !strings.Contains(f.Msg, tc.want) || f.At.IsZero() || f.Hint == "" {
			t.Errorf("fault %v (hint %q), want %q, a place and a hint", f, f.Hint, tc.want)
		}
	}
	if _, err := (&Renderer{Repo: repo}).Render(t.Context(), target("o")); err != nil {
		t.Errorf("after builds that were left behind: %v", err)
	}
}

// Builds at once, with and without a schema of their own, give what each gives
// alone. Run it with -race: the library's schema is a package variable.
func TestAtOnce(t *testing.T) {
	const schema = `{"definitions": {"v1.Deployment": {"properties": {}, "x-kubernetes-group-version-kind": [{"group": "apps", "kind": "Deployment", "version": "v1"}]}}}`
	repo := repoOf(t, `
-- plain/kustomization.yaml --
bases: [../base]
namespace: live
commonLabels: {a: b}
-- plain2/kustomization.yaml --
resources: [../base]
patches: [{path: p.yaml}]
-- plain2/p.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: b, image: b}]}}}
-- custom/kustomization.yaml --
openapi: {path: s.json}
resources: [../plain2]
patches: [{path: p.yaml}]
-- custom/p.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: c, image: c}]}}}
-- custom/s.json --
`+schema+`
-- above/kustomization.yaml --
resources: [../custom]
-- vars/kustomization.yaml --
resources: [../base]
vars: [{name: UNUSED, objref: {kind: Deployment, name: web, apiVersion: apps/v1}}]
-- base/kustomization.yaml --
resources: [d.yaml]
-- base/d.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: example.com/v1
kind: Unknown
metadata: {name: web}
`)
	dirs := []string{"plain", "plain2", "custom", "above", "vars"}
	r := &Renderer{Repo: repo}
	want := map[string]string{}
	for _, d := range dirs {
		out, err := r.Render(t.Context(), target(d))
		if err != nil {
			t.Fatal(err)
		}
		want[d] = fmt.Sprintf("%s%q", out.Text, out.Warnings)
	}
	if !strings.Contains(want["vars"], "never replaced: UNUSED") || !strings.Contains(want["plain"], "'bases' is deprecated") {
		t.Errorf("warnings are lost: %s, %s", want["vars"], want["plain"])
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			d := dirs[i%len(dirs)]
			out, err := r.Render(t.Context(), target(d))
			if err != nil {
				t.Errorf("%s: %v", d, err)
				return
			}
			for _, doc := range out.Documents {
				doc.Map.Line(1)
			}
			if got := fmt.Sprintf("%s%q", out.Text, out.Warnings); got != want[d] {
				t.Errorf("%s gives\n%s\nalone it gives\n%s", d, got, want[d])
			}
		})
	}
	wg.Wait()
}
