package kustomize

import (
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

const deployed = `
-- app/kustomization.yaml --
namePrefix: old-
images:
- name: example.com/web
  digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
resources: [web.yaml]
-- app/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: example.com/web:1.0
-- app/more/limits.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: web
        resources: {limits: {memory: 1Gi}}
-- plain/web.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: plain
-- deploy/app.yaml --
kind: Application
spec:
  patch: |
    - op: add
      path: /spec/paused
      value: true
`

// What a deployer adds is built as if the kustomization said it, and is traced
// to where the deployer's object says it.
func TestDeployersOptions(t *testing.T) {
	r := &Renderer{Repo: repoOf(t, deployed)}
	tg := target("app")
	tg.At = source.LineSpan("deploy/app.yaml", 1)
	tg.Kustomize = &result.Kustomize{
		NamePrefix: "new-", Namespace: "live",
		CommonLabels:      map[string]string{"team": "blue"},
		CommonAnnotations: map[string]string{"all": "yes"},
		Annotations:       map[string]string{"only": "object"},
		Images:            []result.ImageOverride{{Name: "example.com/web", NewTag: "2.0"}},
		Replicas:          []result.Replica{{Name: "web", Count: 3}},
		Patches: []result.Patch{
			{Path: "app/more/limits.yaml"},
			{
				Patch:  "- op: add\n  path: /spec/paused\n  value: true\n",
				At:     source.LineSpan("deploy/app.yaml", 4),
				Target: &result.Selector{Kind: "Deployment"},
			},
		},
	}
	out, err := r.Render(t.Context(), tg)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/deployer.golden", origins(t, out))

	tg = target("plain")
	tg.Kustomize = &result.Kustomize{Generate: true, Resources: []string{"plain/web.yaml"}, NameSuffix: "-x"}
	if out, err = r.Render(t.Context(), tg); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out.Text), "name: plain-x\n") {
		t.Errorf("a directory without a kustomization gives\n%s", out.Text)
	}
}
