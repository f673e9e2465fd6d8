package main

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"

	"golang.org/x/tools/txtar"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// overlayFixtures use the fields of a kustomization that a corpus may lack.
//
//go:embed testdata/overlays.txtar
var overlayFixtures []byte

// fixturesPart builds the fixtures with `kustomize build --enable-helm`, which
// runs the real helm, and with kustoms, and compares bytes.
func fixturesPart(ctx context.Context, bin string, o options) (bool, error) {
	helmBin, err := tool(ctx, helmModule, helmVersion)
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "kustoms-conformance-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	for _, f := range txtar.Parse(overlayFixtures).Files {
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			return false, err
		}
		if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			return false, err
		}
	}
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		return false, err
	}
	defer repo.Close()
	dirs, err := kustomizations(ctx, repo)
	if err != nil {
		return false, err
	}
	of := &overlays{repo, dirs}
	var all []overlay
	for _, d := range dirs {
		v := overlay{name: d, overlays: of, target: result.Target{Name: d, Kind: result.KindKustomize, Path: d}}
		v.want, v.wantErr = kustomizeBuild(ctx, bin, filepath.Join(dir, d), "--enable-helm", "--helm-command", helmBin, "--helm-kube-version", kubeVersion)
		all = append(all, v)
	}
	buildAll(ctx, all, 4)
	return compareBuilds("kustomize fixtures", all, o.verbose), nil
}

func kustomizeRenderer(repo *source.Repo) render.Renderer {
	return &kustomize.Renderer{Repo: repo, Charts: &helm.Renderer{Repo: repo, KubeVersion: kubeVersion}}
}
