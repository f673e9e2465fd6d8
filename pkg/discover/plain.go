package discover

import (
	"path"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// plain groups the manifests in scope that nothing else deploys. A target is
// the topmost directory that holds manifests itself, with all below it.
func (t *tree) plain(taken func(string) bool) []result.Target {
	var files []*file
	holds := map[string]bool{}
	for _, f := range t.manifests {
		if t.scope.holds(f.path) && !taken(f.path) {
			files = append(files, f)
			if f.broken == "" && !f.large {
				holds[path.Dir(f.path)] = true
			}
		}
	}
	var out []result.Target
	group := map[string]int{}
	for _, f := range files {
		if f.broken != "" || f.large {
			one := result.Target{Name: f.path, Kind: result.KindPlain, Path: f.path, Files: []string{f.path}, Reason: f.broken}
			if f.broken != "" {
				one.Status = result.Skipped
			}
			out = append(out, one)
			continue
		}
		top := path.Dir(f.path)
		for d := top; d != "."; {
			if d = path.Dir(d); holds[d] {
				top = d
			}
		}
		i, ok := group[top]
		if !ok {
			i = len(out)
			group[top] = i
			out = append(out, result.Target{Name: top, Kind: result.KindPlain, Path: top})
		}
		out[i].Files = append(out[i].Files, f.path)
	}
	return out
}
