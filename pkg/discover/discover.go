// Package discover finds what a repository deploys. One walk notes charts,
// kustomizations and files with Kubernetes objects; from these come Targets,
// and nothing is rendered here. What git ignores, and links, are not looked
// at, unless named as a path.
//
// Everything is looked at exactly once, by what deploys it:
//
//   - A chart is one target with its default values and one for each
//     environment: values-ENV.yaml, values.ENV.yaml, values/ENV.yaml and
//     ci/NAME-values.yaml. Charts below charts/ belong to their parent; a
//     library chart is skipped.
//   - A kustomization that no other one uses is a target. What it uses, files
//     and directories, is checked as built and not again by itself.
//   - Every other file with Kubernetes objects is a plain manifest, also one
//     beside a kustomization that does not name it: somebody may apply it. A
//     target is the topmost directory that holds such files, with all below.
//     Files inside a chart are the chart's, but a chart in the repository's
//     root owns only its own parts.
//
// Argo CD's and Flux' objects are manifests like others here: package gitops
// follows them, and asks MayDeploy which targets can hold one.
//
// Release and namespace stay empty where nothing in the repository says them:
// a placeholder that looks real (the chart's name, "default") would make
// findings about a name that nobody chose. The renderer then takes `helm
// template`'s own, so that its output can be compared.
package discover

import (
	"context"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Options say what to look at. The zero value is the whole repository.
type Options struct {
	// Paths limit the targets to these files and directories, repository-
	// relative; none: the whole repository. A path inside a chart or a
	// kustomization stands for that whole.
	Paths []string
	// Skip answers true for paths that are not looked at. May be nil.
	Skip func(path string) bool
}

// RepositoryFiles is the name of the target that holds the repository's own
// text files, for the search for secrets.
const RepositoryFiles = "repository files"

// Find lists the targets of the repository, sorted by name. Broken input is a
// target that is skipped with its reason, or one that fails when rendered; the
// error is a path that does not exist or cannot be read, or ctx's.
func Find(ctx context.Context, repo *source.Repo, opt Options) (*Found, error) {
	s, err := newScope(repo, opt)
	if err != nil {
		return nil, err
	}
	t, err := walk(ctx, repo, s)
	if err != nil {
		return nil, err
	}
	users := t.users()
	t.widen(users)
	out := t.overlays()
	for dir, c := range t.charts {
		if s.selects(dir) && users[dir] == nil {
			out = append(out, c.targets()...)
		}
	}
	out = append(out, t.plain(func(p string) bool { return users[p] != nil })...)
	if len(t.texts)+len(t.packages) > 0 {
		slices.Sort(t.texts) // shards put their shares together in this order
		slices.Sort(t.packages)
		out = append(out, result.Target{Name: RepositoryFiles, Kind: result.KindFiles, Path: ".", Files: t.texts, Packages: t.packages})
	}
	return &Found{Targets: distinct(out), tree: t}, nil
}
