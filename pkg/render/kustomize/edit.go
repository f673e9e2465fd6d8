package kustomize

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// edits is what the deployer adds to the kustomization of the target's own
// directory. It is added to the file's nodes, so that all else keeps its
// lines; the new nodes have none, and stand where the deployer's object is.
type edits struct {
	*result.Kustomize
	dir    string
	at     source.Span
	placed map[*yaml.Node]source.Span // patches, where they stand
}

func newEdits(t result.Target, dir string) *edits {
	if t.Kustomize == nil {
		return nil
	}
	e := &edits{Kustomize: t.Kustomize, dir: dir, at: t.At, placed: map[*yaml.Node]source.Span{}}
	if e.at.Path == "" {
		e.at.Path = t.From
	}
	return e
}

// file is the kustomization file of a directory that has none, "" if there
// must be one.
func (e *edits) file(dir string) string {
	if e == nil || dir != e.dir || !e.Generate {
		return ""
	}
	return path.Join(dir, konfig.DefaultKustomizationFileName())
}

// apply adds the edits to the mapping n of the directory dir, and reports
// whether there was anything to add.
func (e *edits) apply(dir string, n *yaml.Node) (bool, error) {
	if e == nil || dir != e.dir || n == nil || n.Kind != yaml.MappingNode {
		return false, nil
	}
	changed := false
	for _, f := range [...]struct{ key, value string }{
		{"namespace", e.Namespace}, {"namePrefix", e.NamePrefix}, {"nameSuffix", e.NameSuffix},
	} {
		if f.value != "" {
			put(n, f.key, e.text(f.value, f.key))
			changed = true
		}
	}
	for _, f := range [...]struct {
		key   string
		pairs map[string]string
	}{{"commonLabels", e.CommonLabels}, {"commonAnnotations", e.CommonAnnotations}} {
		if len(f.pairs) > 0 {
			e.merge(under(n, f.key, yaml.MappingNode), f.key, f.pairs)
			changed = true
		}
	}
	add := func(key string, items ...*yaml.Node) {
		if len(items) > 0 {
			list := under(n, key, yaml.SequenceNode)
			list.Content = append(list.Content, items...)
			changed = true
		}
	}
	for _, l := range e.Labels {
		m := mapping("pairs", e.merge(mapping(), "labels", l.Pairs))
		if l.IncludeSelectors {
			put(m, "includeSelectors", boolean(true))
		}
		if l.IncludeTemplates {
			put(m, "includeTemplates", boolean(true))
		}
		add("labels", m)
	}
	for _, i := range e.Images {
		m := named(n, "images", i.Name)
		for _, f := range [...]struct{ key, value, drops string }{
			{"newName", i.NewName, ""}, {"newTag", i.NewTag, "digest"}, {"digest", i.Digest, "newTag"},
		} {
			if f.value == "" {
				continue
			}
			put(m, f.key, e.text(f.value, "images."+i.Name))
			if i.NewTag == "" || i.Digest == "" {
				drop(m, f.drops)
			}
		}
		changed = true
	}
	for _, r := range e.Replicas {
		count := e.text(strconv.FormatInt(r.Count, 10), "replicas."+r.Name)
		count.Tag, count.Style = "!!int", 0
		put(named(n, "replicas", r.Name), "count", count)
		changed = true
	}
	for _, f := range [...]struct {
		key   string
		paths []string
	}{{"components", e.Components}, {"resources", e.Resources}} {
		for _, p := range f.paths {
			rel, err := filepath.Rel(filepath.FromSlash("/"+dir), filepath.FromSlash("/"+p))
			if err != nil {
				return false, fmt.Errorf("%s: %w", f.key, err)
			}
			add(f.key, text(filepath.ToSlash(rel)))
		}
	}
	for _, p := range e.Patches {
		m, err := e.patch(dir, p)
		if err != nil {
			return false, err
		}
		add("patches", m)
	}
	if len(e.Annotations) > 0 {
		spec, err := annotations(e.Annotations)
		if err != nil {
			return false, err
		}
		add("transformers", text(spec))
	}
	return changed, nil
}

// annotations configures a transformer that adds them to the objects alone: a
// kustomization's own annotations reach pod templates too.
func annotations(a map[string]string) (string, error) {
	var spec struct {
		APIVersion  string            `yaml:"apiVersion"`
		Kind        string            `yaml:"kind"`
		Metadata    map[string]string `yaml:"metadata"`
		Annotations map[string]string `yaml:"annotations"`
		FieldSpecs  []map[string]any  `yaml:"fieldSpecs"`
	}
	spec.APIVersion, spec.Kind, spec.Annotations = "builtin", "AnnotationsTransformer", a
	spec.Metadata = map[string]string{"name": "annotations"}
	spec.FieldSpecs = []map[string]any{{"path": "metadata/annotations", "create": true}}
	data, err := yaml.Marshal(spec)
	return string(data), err
}

// patch makes an entry of patches.
func (e *edits) patch(dir string, p result.Patch) (*yaml.Node, error) {
	m := mapping()
	if p.Path != "" {
		rel, err := filepath.Rel(filepath.FromSlash("/"+dir), filepath.FromSlash("/"+p.Path))
		if err != nil {
			return nil, fmt.Errorf("patches: %w", err)
		}
		put(m, "path", text(filepath.ToSlash(rel)))
	} else {
		n := text(p.Patch)
		e.placed[n] = p.At
		put(m, "patch", n)
	}
	if t := p.Target; t != nil {
		target := mapping()
		for _, f := range [...]struct{ key, value string }{
			{"group", t.Group}, {"version", t.Version}, {"kind", t.Kind}, {"name", t.Name}, {"namespace", t.Namespace},
			{"labelSelector", t.LabelSelector}, {"annotationSelector", t.AnnotationSelector},
		} {
			if f.value != "" {
				put(target, f.key, text(f.value))
			}
		}
		put(m, "target", target)
	}
	if len(p.Options) > 0 {
		options := mapping()
		for _, k := range slices.Sorted(maps.Keys(p.Options)) {
			put(options, k, boolean(p.Options[k]))
		}
		put(m, "options", options)
	}
	return m, nil
}

func boolean(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}

func mapping(kv ...any) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(kv); i += 2 {
		put(m, kv[i].(string), kv[i+1].(*yaml.Node))
	}
	return m
}

// text is a scalar of the deployer's that is written where Fields says.
func (e *edits) text(s, field string) *yaml.Node {
	n := text(s)
	if at, ok := e.Fields[field]; ok {
		e.placed[n] = at
	}
	return n
}

func list(items ...string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, it := range items {
		n.Content = append(n.Content, text(it))
	}
	return n
}

// merge adds pairs to the mapping m.
func (e *edits) merge(m *yaml.Node, field string, p map[string]string) *yaml.Node {
	for _, k := range slices.Sorted(maps.Keys(p)) {
		put(m, k, e.text(p[k], field+"."+k))
	}
	return m
}

// put sets a key of a mapping.
func put(m *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content[i+1] = value
			return
		}
	}
	m.Content = append(m.Content, text(key), value)
}

func drop(m *yaml.Node, key string) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content = slices.Delete(m.Content, i, i+2)
			return
		}
	}
}

// under is the list or mapping under a top-level key of a kustomization, made
// if it is not there.
func under(n *yaml.Node, key string, kind yaml.Kind) *yaml.Node {
	if _, v := fieldOf(n, key); v != nil && v.Kind == kind {
		return v
	}
	v := &yaml.Node{Kind: kind}
	put(n, key, v)
	return v
}

// named is the item of a list that is called name, made if it is not there.
func named(n *yaml.Node, key, name string) *yaml.Node {
	list := under(n, key, yaml.SequenceNode)
	for _, it := range list.Content {
		if it = resolve(it); str(it, "name") == name {
			return it
		}
	}
	m := mapping("name", text(name))
	list.Content = append(list.Content, m)
	return m
}
