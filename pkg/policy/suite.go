package policy

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/schema"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// Verdicts that a test can expect of an object, worst first. An object that
// several policies speak of has the worst.
const (
	Denied   = "denied"
	Warned   = "warned"
	Audited  = "audited"
	Admitted = "admitted"
)

var verdicts = []string{Denied, Warned, Audited, Admitted}

// Suite is a file of tests of policies. Paths are relative to it.
type Suite struct {
	Policies []string `yaml:"policies" need:"required" doc:"Files and directories of policies, bindings, parameters and namespaces; shorthand too."`
	Tests    []Test   `yaml:"tests" need:"required" doc:"What is expected."`
}

// Test is what is expected of one object, or of each of a file.
type Test struct {
	Name    string      `yaml:"name" need:"required" doc:"What the test shows, in words."`
	File    string      `yaml:"file" doc:"A file of objects that are created, each of which is a test; or else object."`
	Object  *yaml.Node  `yaml:"object" doc:"The object that is created; or else file."`
	Expect  string      `yaml:"expect" need:"required" doc:"denied, warned, audited or admitted."`
	Policy  string      `yaml:"policy" doc:"The policy that must say so; without it any may. For admitted: the one that alone is asked."`
	User    *cel.User   `yaml:"user" doc:"Who creates it; without one, what depends on it is not decided."`
	Message string      `yaml:"message" doc:"A text that the message must hold."`
	At      source.Span `yaml:"-"`
}

// Outcome is what came of a test on one object.
type Outcome struct {
	Name, Object string
	At           source.Span
	// Problem is why it fails, "" if it passes.
	Problem string
}

// Check finds what no run is needed for to see.
func (t *Test) Check() error {
	switch {
	case !slices.Contains(verdicts, t.Expect):
		return fmt.Errorf("expect: %q is none of %s", t.Expect, strings.Join(verdicts, ", "))
	case (t.File == "") == (t.Object == nil):
		return fmt.Errorf("exactly one of file and object is needed")
	case t.Message != "" && t.Expect == Admitted:
		return fmt.Errorf("message: what is admitted has none")
	}
	return nil
}

// Run runs the tests of a file at path on policies that Gather read for it, for
// the Kubernetes version. The error is one of a file of objects, or ctx's.
func (s *Suite) Run(ctx context.Context, repo *source.Repo, path string, set *Set, kubeVersion string) (out []Outcome, err error) {
	var beside []*manifest.Object
	for _, og := range set.origins {
		beside = append(beside, og.objects...)
	}
	custom := schema.Define(beside)
	for i := range s.Tests {
		t := &s.Tests[i]
		docs, err := t.documents(repo, path)
		if err != nil {
			return nil, err
		}
		x := index.New(result.Target{Name: path, Kind: result.KindPlain, KubeVersion: kubeVersion}, docs)
		x.Custom = custom
		if len(x.Objects) == 0 {
			out = append(out, Outcome{t.Name, "", t.At, "there is no object to create: apiVersion and kind are needed"})
		}
		for _, o := range x.Objects {
			problem, err := t.on(ctx, set, x, o)
			if err != nil {
				return nil, err
			}
			out = append(out, Outcome{t.Name, o.String(), t.At, problem})
		}
	}
	return out, nil
}

// documents are the parsed documents of a test's objects.
func (t *Test) documents(repo *source.Repo, suite string) (docs []*manifest.Document, err error) {
	name, data := suite, []byte(nil)
	if t.Object != nil {
		data, err = yaml.Marshal(t.Object)
	} else {
		name = path.Join(path.Dir(suite), t.File)
		data, err = repo.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: test %q: %w", t.where(), t.Name, err)
	}
	for _, c := range manifest.Split(data) {
		d := &manifest.Document{Path: name, Text: c.Text, Line: c.Line, Map: srcmap.Identity(name, c.Line)}
		if err := d.Parse(); err != nil {
			return nil, fmt.Errorf("%s: not valid YAML: %w", name, err)
		}
		docs = append(docs, d)
	}
	return docs, nil
}

func (t *Test) where() source.Span { return source.LineSpan(t.At.Path, t.At.Start.Line) }

// on creates one object, and says what differs from what is expected. What a scan
// would assume or skip fails a test.
func (t *Test) on(ctx context.Context, set *Set, x *index.Index, o *manifest.Object) (problem string, err error) {
	got, by, said := Admitted, "", ""
	var sink result.Sink
	p := newPass(set, x, &sink)
	p.user = t.User
	if t.Policy != "" {
		if p.policies = slices.DeleteFunc(p.policies, func(b *bound) bool { return b.Name != t.Policy && !b.Mutates() }); !slices.ContainsFunc(p.policies, func(b *bound) bool { return b.Name == t.Policy }) {
			return fmt.Sprintf("no policy %q is bound", t.Policy), nil
		}
	}
	p.saw = func(d *Definition, action, message string) {
		v := map[string]string{"Deny": Denied, "Warn": Warned, "Audit": Audited}[action]
		worse, same := slices.Index(verdicts, v) < slices.Index(verdicts, got), v == got
		if worse || same && t.Message != "" && !strings.Contains(said, t.Message) {
			got, by, said = v, d.Name, message
		}
	}
	if err := p.object(ctx, o); err != nil {
		return "", err
	}
	_, stages := sink.Take()
	switch {
	case len(stages) > 0:
		return fmt.Sprintf("not decided: %s (%s)", stages[0].Reason, stages[0].Hint), nil
	case got != t.Expect && got == Admitted:
		return fmt.Sprintf("expected %s, but no policy objects", t.Expect), nil
	case got != t.Expect:
		return fmt.Sprintf("expected %s, but policy %q has it %s: %s", t.Expect, by, got, said), nil
	case !strings.Contains(said, t.Message):
		return fmt.Sprintf("%s as expected, but the message %q does not hold %q", got, said, t.Message), nil
	}
	return "", nil
}
