package helm

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Renders at once, of charts that share a sub-chart, values files and helpers,
// give what each gives alone, origins included. Run it with -race: parsed
// files, marked templates and layers of values are shared.
func TestAtOnce(t *testing.T) {
	var files []string
	add := func(name, text string) { files = append(files, name, text) }
	const lib = "apiVersion: v2\nname: lib\nversion: 1.0.0\n"
	const help = "{{- define \"lib.labels\" }}\napp: {{ .Values.app | default .Chart.Name }}\nsum: {{ toYaml .Values | sha256sum }}\n{{- end }}\n"
	for i := range 6 {
		dir := fmt.Sprintf("%d/", i)
		add(dir+"Chart.yaml", fmt.Sprintf("apiVersion: v2\nname: c%d\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1.0.0, alias: far, import-values: [{child: shared, parent: shared}]}\n- {name: lib, version: 1.0.0, condition: near}\n", i))
		add(dir+"values.yaml", fmt.Sprintf("app: a%d\nfar: {app: f%d}\nglobal: {g: %d}\n", i, i, i))
		add(dir+"ci/one-values.yaml", "app: one\nnear: false\n")
		add(dir+"templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {{- include \"lib.labels\" . | nindent 4 }}\ndata:\n  r: {{ randAlphaNum 8 }}\n  s: {{ .Values.shared | toJson | quote }}\n  {{- range $k, $v := .Values.global }}\n  {{ $k }}: {{ $v | quote }}\n  {{- end }}\n")
		add(dir+"charts/lib/Chart.yaml", lib)
		add(dir+"charts/lib/values.yaml", "shared: {x: y}\n")
		add(dir+"charts/lib/templates/_help.tpl", help)
		add(dir+"charts/lib/templates/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Chart.Name }}\n  labels: {{- include \"lib.labels\" . | nindent 4 }}\ndata: {{ tpl \"{a: {{ .Values.shared.x }}}\" . }}\n")
	}
	r, _ := unpack(t, archive(files...))
	var targets []result.Target
	for i := range 6 {
		for _, v := range [][]string{nil, {fmt.Sprintf("c/%d/ci/one-values.yaml", i)}} {
			dir := fmt.Sprintf("c/%d", i)
			targets = append(targets, result.Target{Name: dir, Kind: result.KindHelm, Path: dir, Helm: &result.Helm{ValueFiles: v}})
		}
	}
	show := func(r *Renderer, target result.Target) string {
		out, err := r.Render(t.Context(), target)
		if err != nil {
			return err.Error()
		}
		var b strings.Builder
		b.Write(out.Text)
		for _, d := range out.Documents {
			fmt.Fprintln(&b, d.Map.Line(1), d.Map.Line(4), d.Map.Line(6))
		}
		return b.String()
	}
	var want []string
	for _, target := range targets {
		want = append(want, show(&Renderer{Repo: r.Repo, KubeVersion: r.KubeVersion}, target))
		if !strings.Contains(want[len(want)-1], "kind: ConfigMap") {
			t.Fatalf("%s: %s", target.Name, want[len(want)-1])
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		for i, target := range targets {
			wg.Go(func() {
				if got := show(r, target); got != want[i] {
					t.Errorf("%s at once:\n%s\nalone:\n%s", target.Name, got, want[i])
				}
			})
		}
	}
	wg.Wait()
}

var _ render.Renderer = (*Renderer)(nil)
