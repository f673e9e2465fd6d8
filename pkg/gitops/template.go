package gitops

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"github.com/Masterminds/sprig/v3"
	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Limits of one template of an ApplicationSet.
const (
	maxTemplated = 1 << 20 // bytes
	maxListed    = 10_000  // items that one call makes
	maxTime      = 2 * time.Second
)

// templater fills in the templates of one ApplicationSet, in Go's language or
// in the older one, which knows {{name}} alone.
type templater struct {
	ctx     context.Context
	golang  bool
	options []string
	funcs   template.FuncMap
}

func newTemplater(ctx context.Context, spec manifest.Place) *templater {
	t := &templater{ctx: ctx, golang: spec.At("goTemplate").IsTrue(), options: spec.At("goTemplateOptions").Strings()}
	t.funcs = sprig.TxtFuncMap()
	// What reads the machine, the clock or chance gives two runs two results.
	for _, name := range []string{
		"env", "expandenv", "getHostByName", "now", "date", "dateInZone", "date_in_zone", "htmlDate", "htmlDateInZone", "ago", "uuidv4",
		"randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt", "shuffle", "bcrypt", "htpasswd",
		"genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey",
		"derivePassword", "encryptAES", "untilStep", "seq",
	} {
		delete(t.funcs, name)
	}
	t.funcs["until"] = func(n int) ([]int, error) {
		if n > maxListed {
			return nil, fmt.Errorf("a list of %d numbers", n)
		}
		var out []int
		for i := range max(n, 0) {
			out = append(out, i)
		}
		return out, nil
	}
	t.funcs["repeat"] = func(n int, s string) (string, error) {
		if n < 0 || n > 0 && len(s) > maxTemplated/n {
			return "", fmt.Errorf("%d repeats", n)
		}
		return strings.Repeat(s, n), nil
	}
	for _, name := range []string{"indent", "nindent"} {
		was := t.funcs[name].(func(int, string) string)
		t.funcs[name] = func(n int, s string) (string, error) {
			if n < 0 || n > 1000 {
				return "", fmt.Errorf("%s by %d", name, n)
			}
			return was(n, s), nil
		}
	}
	t.funcs["normalize"] = normalized
	t.funcs["slugify"] = func(a ...any) (string, error) { return "", errors.New("slugify is not followed") }
	t.funcs["toYaml"] = func(v any) (string, error) {
		b, err := yaml.Marshal(v)
		return strings.TrimSuffix(string(b), "\n"), err
	}
	t.funcs["fromYaml"] = func(s string) (m map[string]any, err error) { return m, yaml.Unmarshal([]byte(s), &m) }
	t.funcs["fromYamlArray"] = func(s string) (l []any, err error) { return l, yaml.Unmarshal([]byte(s), &l) }
	return t
}

// node copies a tree with every text filled in.
func (t *templater) node(n *yaml.Node, p params) (*yaml.Node, error) {
	if n == nil {
		return nil, errors.New("there is none")
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	c := *n
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "{{") {
		var err error
		if c.Value, err = t.text(n.Value, p); err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		c.Tag = "!!str"
		if c.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
			c.Style = yaml.DoubleQuotedStyle
		}
	}
	c.Content = nil
	for _, m := range n.Content {
		f, err := t.node(m, p)
		if err != nil {
			return nil, err
		}
		c.Content = append(c.Content, f)
	}
	return &c, nil
}

var older = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// text fills in one text. The older language leaves names that it does not
// know as they are.
func (t *templater) text(s string, p params) (string, error) {
	if !strings.Contains(s, "{{") {
		return s, nil
	}
	if !t.golang {
		return older.ReplaceAllStringFunc(s, func(m string) string {
			if v, ok := p[older.FindStringSubmatch(m)[1]]; ok {
				return fmt.Sprint(v)
			}
			return m
		}), nil
	}
	tpl := template.New("").Funcs(t.funcs)
	for _, o := range t.options {
		switch o {
		case "missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error":
			tpl.Option(o)
		default:
			return "", fmt.Errorf("goTemplateOptions: unknown option %q", o)
		}
	}
	tpl, err := tpl.Parse(s)
	if err != nil {
		return "", err
	}
	for _, sub := range tpl.Templates() {
		if sub.Tree != nil && calls(sub.Root) {
			return "", errors.New("a template that calls another is not followed")
		}
	}
	ctx, cancel := context.WithTimeout(t.ctx, maxTime)
	defer cancel()
	type done struct {
		text string
		err  error
	}
	// A loop that prints nothing cannot be stopped: it is left behind.
	ch := make(chan done, 1)
	go func() {
		out := bounded{ctx: ctx}
		err := tpl.Execute(&out, map[string]any(p))
		ch <- done{out.String(), err}
	}()
	select {
	case d := <-ch:
		return d.text, d.err
	case <-ctx.Done():
		return "", errors.New("it takes too long")
	}
}

// calls reports whether a template calls another, which may be itself.
func calls(n parse.Node) bool {
	list := func(l *parse.ListNode) bool {
		if l == nil {
			return false
		}
		for _, m := range l.Nodes {
			if calls(m) {
				return true
			}
		}
		return false
	}
	switch n := n.(type) {
	case *parse.TemplateNode:
		return true
	case *parse.ListNode:
		return list(n)
	case *parse.IfNode:
		return list(n.List) || list(n.ElseList)
	case *parse.RangeNode:
		return list(n.List) || list(n.ElseList)
	case *parse.WithNode:
		return list(n.List) || list(n.ElseList)
	}
	return false
}

// bounded takes so much text, for so long.
type bounded struct {
	strings.Builder
	ctx context.Context
}

func (b *bounded) Write(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.Len()+len(p) > maxTemplated {
		return 0, errors.New("it prints too much")
	}
	return b.Builder.Write(p)
}
