package discover

import (
	"bytes"
	"context"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/internal/parallel"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Definitions are the CustomResourceDefinitions in the repository's own files,
// whichever target they belong to: an operator's chart often stands in one
// place, even with its crds/ left out, and its custom resources in another. A
// run that is narrowed to paths knows those below them alone.
// Templates, and files that cannot be read or parsed, define nothing here.
func Definitions(ctx context.Context, repo *source.Repo, targets []result.Target) ([]*manifest.Object, error) {
	var files []string
	for _, t := range targets {
		if t.Kind == result.KindFiles {
			files = append(files, slices.DeleteFunc(slices.Clone(t.Files), func(p string) bool { return !isManifestName(p) })...)
		}
	}
	found := make([][]*manifest.Object, len(files))
	err := parallel.Each(ctx, len(files), func(i int) { found[i] = definitionsIn(repo, files[i]) })
	return slices.Concat(found...), err
}

func definitionsIn(repo *source.Repo, p string) []*manifest.Object {
	data, err := repo.ReadFile(p)
	if err != nil || !bytes.Contains(data, []byte("CustomResourceDefinition")) {
		return nil
	}
	var out []*manifest.Object
	for _, c := range manifest.Split(data) {
		if !bytes.Contains(c.Text, []byte("CustomResourceDefinition")) {
			continue
		}
		d, err := parse(p, c)
		if err != nil || d.Node == nil {
			continue
		}
		for _, o := range d.Objects() {
			if o.Is("apiextensions.k8s.io", "CustomResourceDefinition") {
				out = append(out, o)
			}
		}
	}
	return out
}
