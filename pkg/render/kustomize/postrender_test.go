package kustomize

import (
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

const chartOutput = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
---
apiVersion: v1
kind: ConfigMap
metadata:
    name: "settings"
data: {mode: 'fast', list: "a"}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {helm.sh/hook: pre-install}
`

// What a post-renderer leaves alone leads to where it was written, whatever
// the build did to its layout; what it sets leads to the deployer's object.
// CRDs, and hooks that are apart, do not go through it.
func TestPostRender(t *testing.T) {
	r := &Renderer{Repo: repoOf(t, "-- chart/Chart.yaml --\nname: chart\n-- app.yaml --\nkind: HelmRelease\n")}
	for _, apart := range []bool{false, true} {
		out := &render.Output{Text: []byte(chartOutput)}
		for i, c := range manifest.Split(out.Text) {
			p := []string{"chart/crds/crd.yaml", "chart/templates/cm.yaml", "chart/templates/job.yaml"}[i]
			out.Documents = append(out.Documents, &manifest.Document{
				Target: "t", Path: p, Text: c.Text, Line: c.Line, Map: srcmap.New(linesOf(p, c.Text)),
			})
		}
		tg := result.Target{
			Name: "t", Kind: result.KindHelm, Path: "chart", At: source.LineSpan("app.yaml", 1), PostRenderApart: apart,
			PostRender: []result.Kustomize{
				{NamePrefix: "x-", Fields: map[string]source.Span{"namePrefix": source.LineSpan("app.yaml", 7)}},
				{Annotations: map[string]string{"note": "all"}, Fields: map[string]source.Span{"annotations.note": source.LineSpan("app.yaml", 9)}},
			},
		}
		got, err := r.PostRender(t.Context(), tg, out)
		if err != nil {
			t.Fatal(err)
		}
		text := string(got.Text)
		if !strings.HasPrefix(text, "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n") {
			t.Errorf("the CRD changed:\n%s", text)
		}
		if changed := strings.Contains(text, "name: x-migrate"); changed == apart {
			t.Errorf("apart %v, but the hook changed: %v\n%s", apart, changed, text)
		}
		origin := map[string]string{}
		for _, d := range got.Documents {
			for i, line := range strings.Split(strings.TrimSuffix(string(d.Text), "\n"), "\n") {
				loc := d.LineOrigin(i + 1)
				origin[strings.TrimSpace(line)] = loc.Primary.String()
				if n := d.Line + i; strings.Split(text, "\n")[n-1] != line {
					t.Errorf("line %d of the output is not %q", n, line)
				}
			}
		}
		for line, want := range map[string]string{
			"mode: fast":       "chart/templates/cm.yaml:5",
			"name: x-settings": "chart/templates/cm.yaml:4",
			"note: all":        "app.yaml:9",
		} {
			if origin[line] != want {
				t.Errorf("%q leads to %q, want %q", line, origin[line], want)
			}
		}
	}
}

// linesOf maps each line of a text to the same line of p.
func linesOf(p string, text []byte) (out []srcmap.Line) {
	for i := range strings.Count(string(text), "\n") + 1 {
		out = append(out, srcmap.Line{Chain: []result.Origin{{Span: source.LineSpan(p, i+1), Role: result.RoleTemplate}}, Exact: true})
	}
	return out
}
