package secret

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// scanObjects looks at what a target deploys: each text that an object holds,
// decoded as the cluster decodes it.
func (a *Analyzer) scanObjects(ctx context.Context, x *index.Index, sink *result.Sink) error {
	for _, o := range x.Objects {
		if err := ctx.Err(); err != nil {
			return err
		}
		ts := texts(o)
		if a.clean(ts) {
			continue
		}
		for _, t := range ts {
			leaks, _ := a.leaksIn("", t.text)
			for _, l := range leaks {
				f := a.inObject(ctx, t, l, leaks)
				f.Targets = []string{x.Target.Name}
				sink.Report(f)
			}
			if err := cut(leaks); err != nil {
				return fmt.Errorf("%s at %s %w", o.Key, t.at.Path(), err)
			}
		}
	}
	return nil
}

// clean reports whether nothing is found in an object's texts taken as one.
// Targets render much the same objects: what was clean once is known.
func (a *Analyzer) clean(ts []text) bool {
	var b strings.Builder
	for _, t := range ts {
		b.WriteString(t.text)
		// No match reaches over this but one of a rule that would match all
		// in between; then each text is looked at by itself.
		b.WriteString("\n\x00\n")
	}
	return len(a.matches(b.String())) == 0
}

// text is a scalar of an object as a program in the cluster reads it. Scalars
// of one line are preceded by "name: ", which many rules want to see.
type text struct {
	at     manifest.Place
	text   string
	prefix int  // length of what was put in front
	coded  bool // the scalar holds it base64-encoded
}

// texts lists the texts of an object: every string in it, the data of Secrets
// and the binary data of ConfigMaps decoded, and environment values under their variable's name.
func texts(o *manifest.Object) []text {
	var out []text
	coder := o.At("data")
	if o.Is("", "ConfigMap") {
		coder = o.At("binaryData")
	}
	decodes := o.Is("", "Secret", "ConfigMap")
	// What these hold is encrypted.
	sealed := o.At("spec", "encryptedData").Node()
	if !o.Is("bitnami.com", "SealedSecret") {
		sealed = nil
	}
	sops := o.At("sops").Node()
	var walk func(p manifest.Place, name string, coded bool, depth int)
	walk = func(p manifest.Place, name string, coded bool, depth int) {
		switch {
		case p.Node() != nil && (p.Node() == sealed || p.Node() == sops):
		case depth > 64: // deeper is no manifest, and aliases could make it cost much
		case p.IsMap():
			n := p.At("name").Str()
			for k, v := range p.Entries() {
				if k == "value" && n != "" {
					k = n
				}
				walk(v, k, coded || decodes && p.Node() == coder.Node(), depth+1)
			}
		case p.IsList():
			for it := range p.Items() {
				walk(it, "", coded, depth+1)
			}
		case p.Node() != nil && p.Node().Kind == yaml.ScalarNode && len(p.Str()) >= 4:
			out = append(out, textOf(p, name, coded))
		}
	}
	walk(o.Root(), "", false, 0)
	return out
}

func textOf(p manifest.Place, name string, coded bool) text {
	t := text{at: p, text: p.Str(), coded: coded}
	if coded {
		plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(t.text), ""))
		if err != nil || !utf8.Valid(plain) {
			return text{at: p}
		}
		t.text = string(plain)
	}
	if name != "" && !strings.Contains(strings.TrimRight(t.text, "\n"), "\n") {
		t.prefix = len(name) + 2
		t.text = name + ": " + t.text
	}
	return t
}

// inObject makes the finding about a leak in a rendered object, at the source
// line that holds it if one does.
func (a *Analyzer) inObject(ctx context.Context, t text, l leak, all []leak) result.Finding {
	o := t.at.Object()
	loc := t.at.Location()
	shows := result.Related{Location: loc, Message: fmt.Sprintf("rendered into %s at %s", o.Key, t.at.Path())}
	if path, text, at, ok := a.find(ctx, loc, l.value); ok {
		in := leak{rule: l.rule, start: at, end: at + len(firstLine(string(l.value))), value: l.value}
		f := inSource(path, text, in, []leak{in}, 0)
		f.Loc.Rendered, f.Loc.Chain = loc.Rendered, loc.Chain
		f.Object, f.Related = o.Key, []result.Related{shows}
		return f
	}
	id := ruleID(l.rule)
	encoded := ""
	if t.coded || l.encoded {
		encoded = ", encoded, which is not encrypted"
	}
	return result.Finding{
		Rule: id, Severity: severityOf(l.rule),
		Message: fmt.Sprintf("%s (%s) is in %s at %s%s, so everyone who can read the repository has it", titleOf(l.rule), mask(l), o.Key, t.at.Path(), encoded),
		Fix:     fixFor(loc.Primary.Path), Object: o.Key, Field: t.at.Path(), Loc: loc,
		Leak:        &result.Leak{Generic: rank(l.rule) != specific},
		Excerpt:     &result.Excerpt{}, // the line may hold the value in a form that cannot be masked
		Fingerprint: o.Fingerprint(id, t.at.Stable(), "", loc.Primary),
	}
}

// find looks for a value in the source files that a rendered place was traced
// to, from the traced line on: a values key may hold a whole document.
func (a *Analyzer) find(ctx context.Context, loc result.Location, v hidden) (path, text string, off int, ok bool) {
	spans := []source.Span{loc.Primary}
	for _, o := range loc.Chain {
		spans = append(spans, o.Span)
	}
	want := firstLine(string(v))
	if len(want) < 4 {
		return "", "", 0, false
	}
	forms := [...]string{want, base64.StdEncoding.EncodeToString([]byte(v))}
	for _, s := range spans {
		text := a.files.get(ctx, s.Path)
		from := lineOffset(text, s.Start.Line)
		for _, form := range forms {
			if i := strings.Index(text[from:], form); i >= 0 {
				return s.Path, text, from + i, true
			}
		}
	}
	return "", "", 0, false
}

// firstLine of a value that spans lines: the rest may be indented anew.
func firstLine(v string) string {
	v, _, _ = strings.Cut(v, "\n")
	return strings.TrimRight(v, "\r")
}

// lineOffset is where line n, 1-based, starts.
func lineOffset(text string, n int) int {
	off := 0
	for ; n > 1; n-- {
		i := strings.IndexByte(text[off:], '\n')
		if i < 0 {
			return len(text)
		}
		off += i + 1
	}
	return off
}
