package fix

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// sep joins the steps of a path.
const sep = "\x00"

// leaves are the scalars of what a target deploys: the object and the path to
// the type and the value. Empty maps and lists are leaves, too.
type leaves map[string]string

// effect is what one finding wants to be different: one field of one object.
type effect struct {
	path string
	want leaves // what stands at and below path
}

func newEffect(at manifest.Place, value string) effect {
	var b strings.Builder
	b.WriteString(objectName(at.Object().Key))
	for _, s := range at.Route() {
		b.WriteString(sep)
		switch s := s.(type) {
		case string:
			b.WriteString(s)
		case int:
			b.WriteString("#" + strconv.Itoa(s))
		}
	}
	e := effect{path: b.String(), want: leaves{}}
	var doc yaml.Node
	if yaml.Unmarshal([]byte(value), &doc) == nil && len(doc.Content) > 0 {
		e.want.add(e.path, doc.Content[0], 0)
	}
	return e
}

func objectName(k result.Key) string {
	return strings.Join([]string{k.APIVersion, k.Kind, k.Namespace, k.Name}, "/")
}

// maxDepth bounds aliases, which a document may nest.
const maxDepth = 1000

func (l leaves) add(path string, n *yaml.Node, depth int) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case depth > maxDepth:
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		for i := 0; i+1 < len(n.Content); i += 2 {
			l.add(path+sep+n.Content[i].Value, n.Content[i+1], depth+1)
		}
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		for i, c := range n.Content {
			l.add(path+sep+"#"+strconv.Itoa(i), c, depth+1)
		}
	case n.Kind == yaml.MappingNode:
		l[path] = "{}"
	case n.Kind == yaml.SequenceNode:
		l[path] = "[]"
	default:
		l[path] = n.Tag + " " + n.Value
	}
}

// flatten lists everything that the target deploys. An object that is there
// twice is two.
func flatten(x *index.Index) leaves {
	l, seen := leaves{}, map[string]int{}
	for _, o := range x.Objects {
		name := objectName(o.Key)
		if seen[name]++; seen[name] > 1 {
			name += "#" + strconv.Itoa(seen[name])
		}
		l.add(name, o.Node, 0)
	}
	for i, d := range x.Documents {
		if len(d.Objects()) == 0 && d.Node != nil {
			l.add("text#"+strconv.Itoa(i), d.Node, 0)
		}
	}
	return l
}

// unexpected reports whether after differs from before by more than the
// effects.
func unexpected(before, after leaves, effects []effect) bool {
	want := leaves{}
	paths, parents := map[string]bool{}, map[string]bool{}
	for _, e := range effects {
		for p, v := range e.want {
			want[p] = v
		}
		paths[e.path] = true
		for p := e.path; ; {
			i := strings.LastIndex(p, sep)
			if i < 0 {
				break
			}
			p = p[:i]
			parents[p] = true
		}
	}
	for p, v := range after {
		if before[p] != v && want[p] != v {
			return true
		}
	}
	for p, v := range before {
		if _, ok := after[p]; ok {
			continue
		}
		// What a value takes the place of: an old list's items, an empty parent.
		if parents[p] && (v == "{}" || strings.HasPrefix(v, "!!null")) {
			continue
		}
		inside := false
		for q := p; !inside; {
			if inside = paths[q]; inside {
				break
			}
			i := strings.LastIndex(q, sep)
			if i < 0 {
				break
			}
			q = q[:i]
		}
		if !inside {
			return true
		}
	}
	for p, v := range want {
		if after[p] != v {
			return true
		}
	}
	return false
}

// state is one target as it is rendered and checked.
type state struct {
	hash  [sha256.Size]byte
	index *index.Index // dropped once flat and found are made
	flat  leaves
	found map[string]bool // fingerprints
	err   error
}

// render renders the target, and does nothing else yet.
func render(ctx context.Context, r indexer, t result.Target) *state {
	s := &state{}
	s.index, s.err = r.Index(ctx, t)
	if s.err != nil {
		return s
	}
	h := sha256.New()
	for _, d := range s.index.Documents {
		h.Write(d.Text)
		h.Write([]byte{0})
	}
	h.Sum(s.hash[:0])
	return s
}

type indexer interface {
	Index(context.Context, result.Target) (*index.Index, error)
}

// look makes flat and found.
func (t *Trial) look(ctx context.Context, s *state) {
	if s.flat != nil || s.err != nil {
		return
	}
	s.flat, s.found = flatten(s.index), map[string]bool{}
	var sink result.Sink
	for _, a := range t.Analyzers {
		if s.err = a.Analyze(ctx, s.index, &sink); s.err != nil {
			return
		}
	}
	found, _ := sink.Take()
	for i := range found {
		s.found[found[i].Fingerprint] = true
	}
	s.index = nil
}
