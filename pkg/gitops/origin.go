package gitops

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// origin tells which URLs are this repository.
//
// The URLs that the operator names are, and those of the clone's git remotes.
// Beside them, unless the operator named any, one that ends in a remote's name
// (a fork, a mirror) or, in a tree without remotes, any, if the path that is
// deployed from there exists here.
type origin struct {
	known map[string]bool
	names map[string]bool
	told  bool
}

func newOrigin(repo *source.Repo, urls []string) *origin {
	o := &origin{known: map[string]bool{}, names: map[string]bool{}, told: len(urls) > 0}
	for _, u := range urls {
		o.known[normalize(u)] = true
	}
	// Of a worktree or submodule .git is a file that leads out of the
	// repository: nothing is known then.
	data, err := repo.ReadFile(".git/config")
	if err != nil {
		return o
	}
	remote := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			remote = strings.HasPrefix(line, "[remote ")
			continue
		}
		if key, value, ok := strings.Cut(line, "="); remote && ok && strings.TrimSpace(key) == "url" {
			u := normalize(strings.TrimSpace(value))
			o.known[u] = true
			o.names[path.Base(u)] = true
		}
	}
	return o
}

// is reports whether the URL is this repository; here says that what is
// deployed from there exists here.
func (o *origin) is(u string, here bool) bool {
	u = normalize(u)
	switch {
	case o.known[u]:
		return true
	case o.told || !here:
		return false
	case len(o.names) == 0:
		return true
	}
	return o.names[path.Base(u)]
}

var scp = regexp.MustCompile(`^(?:[^@/]+@)?([^:/]+):([^/].*)$`)

// normalize brings the forms of a git URL to host/path.
func normalize(u string) string {
	u = strings.TrimSpace(u)
	if p, err := url.Parse(u); err == nil && p.Host != "" {
		u = strings.ToLower(p.Hostname()) + "/" + strings.Trim(p.Path, "/")
		if p.Scheme == "oci" {
			u = "oci://" + u
		}
	} else if m := scp.FindStringSubmatch(u); m != nil {
		u = strings.ToLower(m[1]) + "/" + strings.Trim(m[2], "/")
	}
	return strings.TrimSuffix(strings.TrimRight(u, "/"), ".git")
}
