package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/git"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// history is the commits that --git-range or --git-history ask for, nil for
// none. Their files are those that the configuration would look at today.
func history(ctx context.Context, repo *source.Repo, c *config.Config) (*secret.History, error) {
	flag, from, to := "--git-history", "", "HEAD"
	switch {
	case c.GitRange != "" && c.GitHistory:
		return nil, usage("give one of them", "--git-range and --git-history exclude each other")
	case c.GitRange != "":
		flag = "--git-range"
		var ok bool
		// With three dots git means from where the two part; the commits that
		// are HEAD's alone are the same.
		if from, to, ok = strings.Cut(strings.Replace(c.GitRange, "...", "..", 1), ".."); !ok || from == "" {
			return nil, usage("want BASE..HEAD, such as origin/main..HEAD", "--git-range: %q is no range", c.GitRange)
		}
		if to == "" {
			to = "HEAD"
		}
	case !c.GitHistory:
		return nil, nil
	}
	told := func(err error) error {
		var m *git.Missing
		if errors.As(err, &m) {
			return usage(m.Hint, "%s: %s", flag, m.What)
		}
		return usage("", "%s: %v", flag, err)
	}
	store, err := git.Open(repo.Dir())
	if err != nil {
		return nil, told(err)
	}
	var base git.Commit
	if from != "" {
		if base, err = store.Resolve(from); err != nil {
			return nil, told(err)
		}
	}
	head, err := store.Resolve(to)
	if err != nil {
		return nil, told(err)
	}
	log, err := store.Log(ctx, base, head)
	if err != nil {
		return nil, told(err)
	}
	h := &secret.History{
		Files: func(ctx context.Context, commit secret.Commit) ([]secret.Version, error) {
			written, err := store.Introduced(ctx, git.Commit{Hash: commit.Hash, Parents: commit.Parents}, repo.Dir())
			if err != nil {
				return nil, err
			}
			var out []secret.Version
			for _, w := range written {
				if wanted(c, w.Path) {
					out = append(out, secret.Version(w))
				}
			}
			return out, nil
		},
		Read: func(path, hash string) ([]byte, error) {
			limit := int64(c.Limits.MaxFileSize)
			if limit == 0 {
				limit = source.DefaultMaxFile
			}
			return store.Blob(path, hash, limit)
		},
	}
	for _, e := range log {
		h.Commits = append(h.Commits, secret.Commit{Hash: e.Hash, Author: e.Author, Date: e.Date, Parents: e.Parents})
	}
	return h, nil
}

// wanted reports whether a file is below the paths asked for and not excluded.
func wanted(c *config.Config, p string) bool {
	for dir := p; ; {
		if c.Excluded(dir) {
			return false
		}
		i := strings.LastIndexByte(dir, '/')
		if i < 0 {
			break
		}
		dir = dir[:i]
	}
	return len(c.Paths) == 0 || slices.ContainsFunc(c.Paths, func(q config.Path) bool { return below(p, string(q)) })
}
