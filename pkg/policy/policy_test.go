package policy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/policy"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

func load(t testing.TB, text string) *index.Index {
	t.Helper()
	var docs []*manifest.Document
	for _, c := range manifest.Split([]byte(text)) {
		d := &manifest.Document{Target: "t", Path: "all.yaml", Text: c.Text, Line: c.Line, Map: srcmap.Identity("all.yaml", c.Line)}
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d)
	}
	return index.New(result.Target{Name: "t", Kind: result.KindPlain}, docs)
}

// compiled is the set of one configured file.
func compiled(t testing.TB, text string) *policy.Set {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policies.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	repo, err := source.OpenRepo(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	s, err := policy.Gather(context.Background(), policy.Options{Repo: repo, Files: []policy.File{{Path: "policies.yaml"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// told is what a scan says, a line each: findings, then stages.
func told(t testing.TB, policies, objects string) (out []string) {
	t.Helper()
	s := compiled(t, policies)
	for _, f := range s.Faults() {
		out = append(out, f.Error())
	}
	var sink result.Sink
	if err := (policy.Analyzer{Set: s}).Analyze(context.Background(), load(t, objects), &sink); err != nil {
		t.Fatal(err)
	}
	findings, stages := sink.Take()
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s %s:%d %s", f.Rule, f.Severity, f.Object.Name, f.Loc.Primary.Start.Line, f.Message))
	}
	for _, st := range stages {
		out = append(out, fmt.Sprintf("%s: %s", st.Status, st.Reason))
	}
	return out
}

const pods = "matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}"

func mutation(name, more, expression string) string {
	return fmt.Sprintf(`---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: %s}
spec:
  %s
  %s
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration: {expression: '%s'}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: %s}
spec: {policyName: %s}
`, name, pods, more, expression, name, name)
}

const validation = `---
id: labelled
expression: object.metadata.?labels.?team.orValue("") == "shop2"
messageExpression: "'team is ' + object.metadata.?labels.?team.orValue('none')"
kinds: [Pod]
`

const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: a}]}\n"

func TestMutationsDecide(t *testing.T) {
	set := func(v string) string { return "Object{metadata: Object.metadata{labels: {\"team\": " + v + "}}}" }
	for name, c := range map[string]struct {
		policies string
		want     []string
	}{
		"none":     {validation, []string{"policy/labelled high p:3 team is none"}},
		"mended":   {validation + mutation("m", "", set(`"shop2"`)), nil},
		"in order": {validation + mutation("a", "", set(`"shop"`)) + mutation("b", "", set(`object.metadata.labels["team"] + "2"`)), nil},
		// b fails at first and is not asked again; a is, where it says so.
		"not again": {
			validation + mutation("a", "", set(`object.metadata.?labels.?from.orValue("x")`)) + mutation("b", "", `Object{metadata: Object.metadata{labels: {"from": "shop2"}}}`),
			[]string{"policy/labelled high p:3 team is x"},
		},
		"again": {
			validation + mutation("a", "reinvocationPolicy: IfNeeded", set(`object.metadata.?labels.?from.orValue("x")`)) + mutation("b", "", `Object{metadata: Object.metadata{labels: {"from": "shop2"}}}`),
			nil,
		},
		"fails": {
			mutation("m", "", set(`object.metadata.labels["from"]`)),
			[]string{`policy/m high p:1 policy "m" cannot be evaluated and refuses pod "p": expression 'Object{metadata: Object.metadata{labels: {"team": object.metadata.labels["from"]}}}' resulted in error: no such key: labels`},
		},
		"may fail":  {mutation("m", "failurePolicy: Ignore", set(`object.metadata.labels["from"]`)), nil},
		"condition": {validation + mutation("m", `matchConditions: [{name: x, expression: "object.metadata.name == \"q\""}]`, set(`"shop2"`)), []string{"policy/labelled high p:3 team is none"}},
		"defaults come": {validation + `---
id: pulled
expression: object.spec.containers.all(c, has(c.imagePullPolicy) && c.terminationMessagePath == "/dev/termination-log")
kinds: [Pod]
` + mutation("m", "", set(`"shop2"`)) + mutation("n", "", `Object{spec: Object.spec{containers: [Object.spec.containers{name: "side", image: "b"}]}}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := told(t, c.policies, pod)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
