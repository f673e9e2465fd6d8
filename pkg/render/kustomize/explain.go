package kustomize

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// newName is the field that changes an image's name and leaves its version.
const newName = "images.newName"

// explain finds the field of a kustomization that made the scalar n at path,
// whose source was s, if one is known: one line, or those of a block. The
// outermost kustomization has the last word.
func (o *object) explain(n *yaml.Node, c *chunk, s *yaml.Node, path []step) ([]srcmap.Line, bool) {
	for _, k := range o.kusts {
		if at, name := o.field(k, n.Value, s, path); at != nil {
			os := []result.Origin{k.lineOf(at, result.RoleKustomization, name)}
			if s == nil {
				return []srcmap.Line{one(true, os...)}, true
			}
			os = append(os, c.origin(s.Line))
			if tag := strings.LastIndexAny(s.Value, ":@"); name == newName && tag > strings.LastIndexByte(s.Value, '/') && strings.HasSuffix(n.Value, s.Value[tag:]) {
				slices.Reverse(os) // the version is the resource's own
			}
			return []srcmap.Line{one(true, os...)}, true
		}
	}
	if s == nil && len(o.gens) > 0 {
		return o.generated(n, path)
	}
	return nil, false
}

// field is the scalar of k that sets the field at path to value.
func (o *object) field(k *kust, value string, s *yaml.Node, path []step) (*yaml.Node, string) {
	last := path[len(path)-1]
	parent := ""
	for _, p := range slices.Backward(path[:len(path)-1]) {
		if p.item == nil {
			parent = p.key
			break
		}
	}
	switch {
	case last.item != nil:
		return nil, ""
	case last.key == "namespace" || o.kind == "Namespace" && parent == "metadata" && last.key == "name":
		if k.Namespace == value && value != "" {
			_, n := k.field("namespace")
			return n, "namespace"
		}
	case last.key == "replicas":
		_, list := k.field("replicas")
		for i, r := range k.Replicas {
			if (r.Name == o.srcName || r.Name == o.name) && strconv.FormatInt(r.Count, 10) == value {
				return nthItem(list, i, "count"), "replicas"
			}
		}
	case last.key == "image":
		_, list := k.field("images")
		if list == nil {
			_, list = k.field("imageTags")
		}
		for i, e := range k.Images {
			for _, try := range [...]struct{ rest, with, field string }{
				{"@" + e.Digest, e.Digest, "digest"},
				{":" + e.NewTag, e.NewTag, "newTag"},
				{"", e.NewName, "newName"},
			} {
				name := e.NewName
				if name == "" {
					name = e.Name
				}
				if try.with == "" || !strings.HasPrefix(value, name) || !strings.HasSuffix(value, try.rest) {
					continue
				}
				mid := strings.TrimSuffix(strings.TrimPrefix(value, name), try.rest)
				if mid == "" || mid[0] == ':' || mid[0] == '@' {
					return nthItem(list, i, try.field), "images." + try.field
				}
			}
		}
	}
	if slices.ContainsFunc(path, func(s step) bool {
		l := strings.ToLower(s.key)
		return strings.Contains(l, "labels") || strings.Contains(l, "selector")
	}) {
		if k.CommonLabels[last.key] == value && value != "" {
			_, m := k.field("commonLabels")
			return child(m, last.key), "commonLabels"
		}
		_, list := k.field("labels")
		for i, l := range k.Labels {
			if v, ok := l.Pairs[last.key]; ok && v == value {
				return child(nthItem(list, i, "pairs"), last.key), "labels"
			}
		}
	}
	if parent == "annotations" && k.edited != nil && k.edited.Annotations[last.key] == value {
		return k.edited.text(value, "annotations."+last.key), "annotations"
	}
	if parent == "annotations" && k.CommonAnnotations[last.key] == value && value != "" {
		_, m := k.field("commonAnnotations")
		return child(m, last.key), "commonAnnotations"
	}
	return nil, ""
}

// nthItem is the value of key in the i-th item of a list.
func nthItem(list *yaml.Node, i int, key string) *yaml.Node {
	if list == nil || list.Kind != yaml.SequenceNode || i >= len(list.Content) {
		return nil
	}
	_, v := fieldOf(resolve(list.Content[i]), key)
	return v
}

var hash = regexp.MustCompile(`^-[a-z0-9]{10}$`)

// composed reports whether name became value through the prefixes and suffixes
// of kusts and a hash; it lists the fields that took part. It is nil if it did
// not, and empty if nothing but a hash was added.
func (t *tracer) composed(name, value string, kusts []*kust) []result.Origin {
	if name == "" {
		return nil
	}
	for from := 0; ; {
		i := strings.Index(value[from:], name)
		if i < 0 {
			return nil
		}
		i += from
		parts := []result.Origin{}
		before, after := value[:i], value[i+len(name):]
		for changed := true; changed && before != ""; {
			changed = false
			for _, k := range kusts {
				if rest, ok := strings.CutPrefix(before, k.NamePrefix); ok && k.NamePrefix != "" {
					_, n := k.field("namePrefix")
					parts = append(parts, k.lineOf(n, result.RoleKustomization, "namePrefix"))
					before, changed = rest, true
					break
				}
			}
		}
		for changed := true; changed && after != "" && !hash.MatchString(after); {
			changed = false
			for _, k := range kusts {
				if rest, ok := strings.CutPrefix(after, k.NameSuffix); ok && k.NameSuffix != "" {
					_, n := k.field("nameSuffix")
					parts = append(parts, k.lineOf(n, result.RoleKustomization, "nameSuffix"))
					after, changed = rest, true
					break
				}
			}
		}
		if before == "" && (after == "" || hash.MatchString(after)) {
			return parts
		}
		from = i + 1
	}
}

var variable = regexp.MustCompile(`\\\$\\\([^()]*\\\)`)

// substituted reports whether value is s with its $(VARIABLES) replaced.
func substituted(s, value string) bool {
	if !strings.Contains(s, "$(") {
		return false
	}
	re, err := regexp.Compile("(?s)^" + variable.ReplaceAllString(regexp.QuoteMeta(s), ".*") + "$")
	return err == nil && re.MatchString(value)
}

// generator is an entry of configMapGenerator or secretGenerator.
type generator struct {
	*kust
	at        *yaml.Node // the entry
	name      string
	literals  []string
	files     []string
	envs      []string
	fieldName string
}

func (g generator) origin() result.Origin {
	return g.lineOf(g.at, result.RoleGenerator, g.fieldName)
}

// findGenerators lists the entries that made the object, the outermost first:
// several do where one merges into another.
func (o *object) findGenerators() {
	add := func(k *kust, field, name string, i int, literals, files, envs []string) {
		_, list := k.field(field)
		if list == nil || i >= len(list.Content) || o.composed(name, o.name, o.all) == nil {
			return
		}
		o.gens = append(o.gens, generator{k, resolve(list.Content[i]), name, literals, files, envs, field})
	}
	for _, k := range o.all {
		for i, g := range k.ConfigMapGenerator {
			if o.kind == "ConfigMap" {
				add(k, "configMapGenerator", g.Name, i, g.LiteralSources, g.FileSources, g.EnvSources)
			}
		}
		for i, g := range k.SecretGenerator {
			if o.kind == "Secret" {
				add(k, "secretGenerator", g.Name, i, g.LiteralSources, g.FileSources, g.EnvSources)
			}
		}
	}
	// The longest name is the object's own.
	longest := 0
	for _, g := range o.gens {
		longest = max(longest, len(g.name))
	}
	o.gens = slices.DeleteFunc(o.gens, func(g generator) bool { return len(g.name) < longest })
}

// generated traces a scalar of a generated object.
func (o *object) generated(n *yaml.Node, path []step) ([]srcmap.Line, bool) {
	key := path[len(path)-1].key
	for _, g := range o.gens {
		switch {
		case len(path) == 2 && path[0].key == "metadata" && key == "name":
			if _, at := fieldOf(g.at, "name"); at != nil {
				parts := o.composed(g.name, n.Value, o.all)
				return []srcmap.Line{one(true, append([]result.Origin{g.lineOf(at, result.RoleGenerator, "name")}, parts...)...)}, true
			}
		case len(path) == 2 && (path[0].key == "data" || path[0].key == "binaryData"):
			if l := g.datum(n, key, o.files); l != nil {
				return l, true
			}
		}
	}
	if len(path) == 1 {
		return []srcmap.Line{one(true, o.gens[0].origin())}, true
	}
	return nil, false
}

// datum traces the value under a key of the data that g makes.
func (g generator) datum(n *yaml.Node, key string, files *files) []srcmap.Line {
	for _, lit := range g.literals {
		if k, _, _ := strings.Cut(lit, "="); k == key {
			if at := findScalar(g.at, lit); at != nil {
				return []srcmap.Line{one(true, g.lineOf(at, result.RoleGenerator, g.fieldName))}
			}
		}
	}
	for _, f := range g.dataFiles() {
		if f.key != key {
			continue
		}
		entry := g.origin()
		if at := findScalar(g.at, f.entry); at != nil {
			entry = g.lineOf(at, result.RoleGenerator, g.fieldName)
		}
		if isHTTP(f.path) { // its lines are in no file here
			return []srcmap.Line{one(true, entry)}
		}
		p, err := files.repo.Join(g.dir, f.path)
		if err != nil {
			return nil
		}
		line := func(i int, exact bool) srcmap.Line {
			return one(exact, result.Origin{Span: source.LineSpan(p, i), Role: result.RoleGenerator}, entry)
		}
		text := strings.TrimSuffix(n.Value, "\n")
		if n.Style&yaml.LiteralStyle == 0 {
			return []srcmap.Line{line(1, !strings.Contains(text, "\n"))}
		}
		lines := []srcmap.Line{line(1, true)}
		for i := range strings.Count(text, "\n") + 1 {
			lines = append(lines, line(i+1, true))
		}
		return lines
	}
	for _, e := range g.envs {
		p, err := files.repo.Join(g.dir, e)
		if err != nil {
			continue
		}
		real, err := files.resolve(p)
		if err != nil {
			continue
		}
		at := 1
		for l := range strings.Lines(string(files.cache[real])) {
			if k, _, _ := strings.Cut(strings.TrimSpace(l), "="); k == key {
				return []srcmap.Line{one(true, result.Origin{Span: source.LineSpan(p, at), Role: result.RoleGenerator}, g.origin())}
			}
			at++
		}
	}
	return nil
}

// dataFile is an entry of a generator's files.
type dataFile struct{ entry, key, path string }

func (g generator) dataFiles() (out []dataFile) {
	for _, f := range g.files {
		key, path, ok := strings.Cut(f, "=")
		if !ok {
			path = f
			key = f[strings.LastIndexByte(f, '/')+1:]
		}
		out = append(out, dataFile{f, key, path})
	}
	return out
}
