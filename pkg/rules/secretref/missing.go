package secretref

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// checkReference reports a reference to an object, or to a key of it, that is
// not there. has says whether something makes the object.
func checkReference(p *rule.Pass, by *manifest.Object, kind string, r ref, has func(namespace, name string) bool, consequence string) {
	namespace, name := p.Index.Namespace(by), r.Name.Str()
	if p.Params.(*ExistingParams).has(namespace, name) {
		return
	}
	o := p.Index.Get("", kind, namespace, name)
	if o == nil {
		if has(namespace, name) {
			return
		}
		var others []string
		for _, other := range p.Index.Kind("", kind) {
			if p.Index.Namespace(other) == namespace {
				others = append(others, other.Key.Name)
			}
		}
		p.Add(rule.Problem{
			At: r.Name, Missing: result.Key{APIVersion: "v1", Kind: kind, Namespace: namespace, Name: name},
			Message: fmt.Sprintf("%s names %s %q, which nothing here makes: %s%s", by, kind, name, consequence, hint(name, others)),
		})
		return
	}
	keys := keysOf(o)
	for _, key := range r.Keys {
		// An empty one, or one that a Job or a controller fills, has its keys
		// later.
		if key.Str() != "" && len(keys) > 0 && !slices.Contains(keys, key.Str()) {
			p.Add(rule.Problem{
				At: key, Message: fmt.Sprintf("%s reads key %q of %s %q, which has no such key: %s%s", by, key.Str(), kind, name, consequence, hint(key.Str(), keys)),
			})
		}
	}
}

func hint(word string, candidates []string) string {
	if h := suggest.DidYouMean(word, candidates); h != "" {
		return "; " + h
	}
	return ""
}
