package gitops

import (
	"context"
	"encoding/base64"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// layer is a mapping of an object as a layer of values. It is written anew,
// because the object may come out of a build or a template, and each of its
// lines is led to where that line's first scalar stands.
func layer(p manifest.Place) (result.Inline, bool) {
	if p.Len() == 0 || !p.IsMap() {
		return result.Inline{}, false
	}
	was := plain(p.Node())
	text, err := yaml.Marshal(was)
	if err != nil {
		return result.Inline{}, false
	}
	in := result.Inline{Text: string(text), At: p.Location().Primary}
	now := manifest.Document{Text: text}
	if now.Parse() != nil || now.Node == nil {
		return in, true
	}
	in.Lines = make([]source.Span, strings.Count(in.Text, "\n")+1)
	pair(now.Node, was, func(line int, n *yaml.Node, part int) {
		if line < 1 || line > len(in.Lines) || !in.Lines[line-1].IsZero() {
			return
		}
		if part > 0 && n.Style&yaml.LiteralStyle != 0 {
			in.Lines[line-1] = p.Object().Doc.Locate(n.Line+part, 0).Primary
		} else {
			in.Lines[line-1] = p.Object().PlaceOf(n, "").Location().Primary
		}
	})
	last := in.At
	for i := range in.Lines {
		if in.Lines[i].IsZero() {
			in.Lines[i] = last
		}
		last = in.Lines[i]
	}
	return in, true
}

// block is a tree of an object as a text of its own, which stands where the
// tree does.
func block(p manifest.Place) result.Inline {
	in := result.Inline{At: p.Location().Primary}
	if p.Node() == nil {
		return in
	}
	if text, err := yaml.Marshal(plain(p.Node())); err == nil {
		in.Text = string(text)
	}
	return in
}

// plain copies a tree without aliases, anchors and comments.
func plain(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	c := *n
	c.Anchor, c.HeadComment, c.LineComment, c.FootComment = "", "", "", ""
	c.Style &^= yaml.FlowStyle
	c.Content = nil
	for _, m := range n.Content {
		c.Content = append(c.Content, plain(m))
	}
	return &c
}

// pair tells of each scalar of now, and of each line of a block, which scalar
// of was it is. The values of a line come before its key.
func pair(now, was *yaml.Node, tell func(line int, n *yaml.Node, part int)) {
	if now.Kind == yaml.ScalarNode {
		tell(now.Line, was, 0)
		if now.Style&yaml.LiteralStyle != 0 {
			for i := range strings.Count(strings.TrimSuffix(now.Value, "\n"), "\n") + 1 {
				tell(now.Line+1+i, was, 1+i)
			}
		}
		return
	}
	for i := range min(len(now.Content), len(was.Content)) {
		j := i
		if now.Kind == yaml.MappingNode { // the value first
			j = i ^ 1
		}
		if now.Kind == yaml.MappingNode && i%2 == 0 && now.Content[j].Kind != yaml.ScalarNode {
			tell(now.Content[i].Line, was.Content[i], 0)
		}
		if j < len(now.Content) && j < len(was.Content) {
			pair(now.Content[j], was.Content[j], tell)
		}
	}
}

// document is a scalar that holds YAML as a layer of values: a block leads
// line by line, anything else as a whole.
func document(p manifest.Place, text string) result.Inline {
	in := result.Inline{Text: text, At: p.Location().Primary}
	n := p.Node()
	if n.Style&yaml.LiteralStyle == 0 || text != n.Value {
		in.Lines = []source.Span{in.At}
		return in
	}
	for i := range strings.Count(text, "\n") + 1 {
		in.Lines = append(in.Lines, p.Object().Doc.Locate(n.Line+1+i, 0).Primary)
	}
	return in
}

// datum is a value of a ConfigMap or Secret of the repository: where it is
// written and, decoded, what it is. why says what is missing.
func (x *expander) datum(ctx context.Context, n *node, kind, namespace, name, key string) (p manifest.Place, text, why string) {
	o := x.find(ctx, n, "", kind, namespace, name)
	if o == nil {
		return p, "", "is not in the repository"
	}
	if why := sealed(o); why != "" {
		return p, "", why
	}
	for k, v := range entries(o) {
		if k == key {
			return v.at, v.text, ""
		}
	}
	return p, "", "has no key " + key
}

// sealed says why an object's data cannot be read.
func sealed(o *manifest.Object) string {
	if o.At("sops").Exists() {
		return "is encrypted with SOPS"
	}
	return ""
}

type entry struct {
	at   manifest.Place
	text string
}

// entries are the data of a ConfigMap or Secret, decoded. stringData comes
// over data, as the API server has it.
func entries(o *manifest.Object) map[string]entry {
	out := map[string]entry{}
	for k, v := range o.At("data").Entries() {
		text := v.Str()
		if o.Key.Kind == "Secret" {
			raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
			if err != nil {
				continue
			}
			text = string(raw)
		}
		out[k] = entry{v, text}
	}
	if o.Key.Kind == "Secret" {
		for k, v := range o.At("stringData").Entries() {
			out[k] = entry{v, v.Str()}
		}
	}
	return out
}
