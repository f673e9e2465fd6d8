package render

import "context"

// Remote gives what a kustomization names by its address. Safe for concurrent
// use. An error that says how to get it is a *Fault without a place.
type Remote interface {
	Charts
	// Tree is the files of a git repository, by their slash path. Links are
	// followed within it.
	Tree(ctx context.Context, ref TreeRef) (map[string][]byte, error)
	// File is what a server answers to a GET of the address.
	File(ctx context.Context, address string) ([]byte, error)
}

// TreeRef names a revision of a git repository.
type TreeRef struct {
	// Repository is its address, "https://github.com/org/repo".
	Repository string
	// Revision is a branch, tag or commit; "" is the default branch.
	Revision string
}

func (r TreeRef) String() string {
	if r.Revision == "" {
		return r.Repository
	}
	return r.Repository + " at " + r.Revision
}
