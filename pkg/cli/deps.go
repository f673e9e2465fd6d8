package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

func depsCommand() *ucli.Command {
	return &ucli.Command{
		Name: "deps", Usage: "fetch what charts and kustomizations need from elsewhere", ArgsUsage: "[PATH...]",
		Description: `Finds the dependencies of charts that are in no charts/ folder, and the remote
bases, files and charts of kustomizations, and fetches them into the cache, so
that later runs render without the network. A lock file's version is taken; a
range that nothing locks, and a branch, is resolved anew. Nothing is written to
the repository.

HTTP repositories are asked with the credentials of "helm repo add", OCI
registries with those of "helm registry login" and "docker login". A host is
reached only if --allow-host names it, whatever Chart.yaml says. Of a repository
of git the archive is fetched that forges serve: no git is needed, and no
private repository is reached.

Exit codes: 0 all are in the cache, 2 wrong usage or configuration, 3 some are
not.

Examples:
   kustoms deps --check
   kustoms deps --allow-network --allow-host charts.example.com
   kustoms deps charts/shop --allow-network --allow-host ghcr.io
   kustoms scan --cache-dir .cache`,
		Flags: append(targetFlags(),
			&ucli.BoolFlag{Name: "check", Usage: "list them, and say what is missing; use no network"},
		),
		Action: runDeps,
	}
}

// had says how something was at hand.
func had(network bool) string {
	if network {
		return "fetched"
	}
	return "cached"
}

func runDeps(c *ucli.Context) error {
	repo, cfg, err := open(c)
	if err != nil {
		return err
	}
	defer repo.Close()
	source, err := charts(c, cfg)
	if err != nil {
		return err
	}
	source.Policy.Allow = source.Policy.Allow && !c.Bool("check")
	if source.Cache == nil {
		return usage("name a folder with --cache-dir", "there is no cache folder: the user has no home")
	}
	ts, _, _, err := targets(c.Context, newRun(repo, cfg, source), cfg)
	if err != nil {
		return err
	}
	renderer := &helm.Renderer{Repo: repo}
	overlays := &kustomize.Renderer{Repo: repo, Charts: &helm.Renderer{Repo: repo, KubeVersion: string(cfg.KubeVersion), Charts: source}, Remote: source}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	seen := map[render.ChartRef]bool{}
	var dirs []string
	failed := 0
	complain := func(f *render.Fault) {
		failed++
		fmt.Fprintf(c.App.ErrWriter, "kustoms: %s\n", f)
		if f.Hint != "" {
			fmt.Fprintf(c.App.ErrWriter, "kustoms: hint: %s\n", f.Hint)
		}
	}
	used := map[string]bool{}
	for _, t := range ts {
		if t.Kind == result.KindKustomize {
			source.Fresh = true
			uses, err := overlays.Remotes(c.Context, t)
			for _, u := range uses {
				if !used[u.Ref] {
					used[u.Ref] = true
					fmt.Fprintf(w, "%s\t%s\t\t\t%s\n", had(source.Policy.Allow), u.Ref, u.At)
				}
			}
			if err != nil {
				complain(render.AsFault(err))
			}
		}
		if t.Kind != result.KindHelm || slices.Contains(dirs, t.Path) {
			continue
		}
		dirs = append(dirs, t.Path)
		deps, err := renderer.Missing(c.Context, t.Path)
		if err != nil {
			complain(render.AsFault(err))
			continue
		}
		for _, d := range deps {
			if seen[d.Ref] {
				continue
			}
			seen[d.Ref] = true
			// What a range stands for may have changed; a locked version not.
			source.Fresh = !d.Ref.Pinned
			status := "fetched"
			had, err := source.Cached(d.Ref)
			if err == nil {
				_, err = source.Chart(c.Context, d.Ref)
			}
			switch {
			case err != nil:
				complain(d.Fault(t.Path, err))
				status = "missing"
			case had && (d.Ref.Pinned || !source.Policy.Allow):
				status = "cached"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", status, d.Ref.Name, d.Ref.Version, d.Ref.Repository, d.At)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(seen)+len(used)+failed == 0 {
		fmt.Fprintln(c.App.Writer, "every dependency is in the repository")
	}
	if failed > 0 {
		return &codeError{exitIncomplete, fmt.Sprintf("dependencies that are missing: %d", failed)}
	}
	return nil
}
