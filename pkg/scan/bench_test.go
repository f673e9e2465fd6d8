package scan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/rules"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// BenchmarkScan takes repositories of growing size through all stages: small is
// one chart, one overlay and one manifest; each step up is ten times that.
// corpus is KUSTOMS_CORPUS/charts, where it is set.
func BenchmarkScan(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"small", 1}, {"medium", 10}, {"large", 100}} {
		b.Run(size.name, func(b *testing.B) {
			dir := b.TempDir()
			for i := range size.n {
				write(b, dir, i)
			}
			bench(b, dir, 4*size.n+1) // chart, two overlays, manifests; and the files
		})
	}
	b.Run("corpus", func(b *testing.B) {
		corpus := os.Getenv("KUSTOMS_CORPUS")
		if corpus == "" {
			b.Skip("KUSTOMS_CORPUS is not set")
		}
		bench(b, filepath.Join(corpus, "charts"), 0)
	})
}

// bench scans dir, and fails if it does not hold the targets that it should.
func bench(b *testing.B, dir string, targets int) {
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer repo.Close()
	var objects int
	b.ReportAllocs()
	for b.Loop() {
		found, err := discover.Find(b.Context(), repo, discover.Options{Paths: []string{"."}})
		if err != nil {
			b.Fatal(err)
		}
		if targets > 0 && len(found.Targets) != targets {
			b.Fatalf("found %d targets, want %d", len(found.Targets), targets)
		}
		secrets, err := secret.New(secret.Options{Repo: repo, Ignore: helm.Synthetic})
		if err != nil {
			b.Fatal(err)
		}
		run := &scan.Run{
			Repo: repo, Targets: found.Targets,
			Renderers: map[result.TargetKind]render.Renderer{
				result.KindHelm:      &helm.Renderer{Repo: repo, KubeVersion: "1.34"},
				result.KindKustomize: &kustomize.Renderer{Repo: repo},
				result.KindPlain:     &plain.Renderer{Repo: repo},
			},
			Analyzers: []scan.Analyzer{rule.NewSet(rules.Flat(), nil), secrets},
		}
		rep, err := run.Do(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if targets > 0 {
			for _, s := range rep.Incomplete() {
				b.Fatalf("%s of %s: %s", s.Name, s.Target, s.Reason)
			}
		}
		objects = 0
		for _, t := range rep.Targets {
			objects += t.Objects
		}
	}
	b.ReportMetric(float64(objects), "objects")
}

// write adds one chart, one base with two overlays and one folder of manifests.
func write(b *testing.B, dir string, i int) {
	files := map[string]string{
		"charts/c%d/Chart.yaml":                      "apiVersion: v2\nname: c%d\nversion: 1.0.0\n",
		"charts/c%d/values.yaml":                     "image: {repository: example.com/web, tag: 1.0.%d}\nreplicas: 2\nworkers: [mail, pdf, audit, index]\n",
		"charts/c%d/templates/_helpers.tpl":          "{{- define \"labels\" -}}\napp: {{ .Release.Name }}\nslot: \"%d\"\n{{- end }}\n",
		"charts/c%d/templates/web.yaml":              chartTemplate,
		"overlays/o%d/base/kustomization.yaml":       "resources: [deployment.yaml]\nlabels: [{pairs: {slot: \"%d\"}}]\n",
		"overlays/o%d/base/deployment.yaml":          manifest,
		"overlays/o%d/staging/kustomization.yaml":    "resources: [../base]\nnamespace: staging-%d\nimages: [{name: example.com/api, newTag: latest}]\n",
		"overlays/o%d/production/kustomization.yaml": "resources: [../base]\nnamespace: production-%d\nreplicas: [{name: api, count: 3}]\n",
		"manifests/m%d/all.yaml":                     manifest,
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(fmt.Sprintf(name, i)))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, fmt.Appendf(nil, text, i), 0o666); err != nil {
			b.Fatal(err)
		}
	}
}

const chartTemplate = `# Chart %[1]d
{{- range .Values.workers }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $.Release.Name }}-{{ . }}
  labels:
    {{- include "labels" $ | nindent 4 }}
spec:
  replicas: {{ $.Values.replicas }}
  selector:
    matchLabels: {worker: {{ . }}}
  template:
    metadata:
      labels: {worker: {{ . }}}
    spec:
      containers:
        - name: {{ . }}
          image: "{{ $.Values.image.repository }}:{{ $.Values.image.tag }}"
          securityContext:
            allowPrivilegeEscalation: false
{{- end }}
`

const manifest = `# Manifest %[1]d
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  selector:
    matchLabels: {app: api}
  template:
    metadata:
      labels: {app: api}
    spec:
      containers:
        - name: api
          image: example.com/api:1.0
          ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  selector: {app: api}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  slot: "%[1]d"
  motd: hello
`
