package gitops

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

const objects = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  sources:
  - {repoURL: https://example.com/charts, chart: shop}
  - {repoURL: https://example.com/git, path: values}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cache}
spec:
  chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: example}}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps}
spec: {path: ./apps, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
metadata: {name: no-deployer}
`

func TestAnalyze(t *testing.T) {
	var docs []*manifest.Document
	for _, c := range manifest.Split([]byte(objects)) {
		d := &manifest.Document{Text: c.Text, Line: c.Line, Path: "apps.yaml", Map: srcmap.Identity("apps.yaml", c.Line)}
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d)
	}
	var sink result.Sink
	if err := (Analyzer{}).Analyze(t.Context(), index.New(result.Target{Name: "t"}, docs), &sink); err != nil {
		t.Fatal(err)
	}
	_, stages := sink.Take()
	var got []string
	for _, s := range stages {
		got = append(got, s.At.String()+" "+s.Reason)
	}
	want := []string{
		`apps.yaml:4:1 Application "shop" deploys chart "shop" from "https://example.com/charts" and path "values" of "https://example.com/git", which is not rendered with what it sets`,
		`apps.yaml:12:1 HelmRelease "cache" deploys chart "redis" from HelmRepository "example", which is not rendered with what it sets`,
		`apps.yaml:18:1 Kustomization "apps" deploys path "./apps" of GitRepository "flux-system", which is not rendered with what it sets`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
