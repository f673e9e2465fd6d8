package suppress

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// show is a waiver in one line: tool, rule, lines, and what else is set.
func show(w result.Waiver) string {
	s := fmt.Sprintf("%s%s %d-%d", w.Tool, w.Rule, w.Lines[0], w.Lines[1])
	if w.Tool != "" {
		s = w.Tool + ":" + strings.TrimPrefix(s, w.Tool)
	}
	for _, x := range []struct{ k, v string }{{"expires", w.Expires}, {"owner", w.Owner}, {"reason", w.Reason}, {"fault", w.Fault}} {
		if x.v != "" {
			s += " " + x.k + "=" + x.v
		}
	}
	return s
}

func TestComments(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"above":                 {"a: 1\n# kustoms:ignore x -- because\nb: 2\n", []string{"x 3-3 reason=because"}},
		"on the line":           {"a: 1 # kustoms:ignore x,y -- because\nb: 2\n", []string{"x 1-1 reason=because", "y 1-1 reason=because"}},
		"two above one line":    {"# kustoms:ignore x -- a\n\n# kustoms:ignore y -- b\n# more\nc: 3\n", []string{"x 5-5 reason=a", "y 5-5 reason=b"}},
		"template":              {"{{- /* kustoms:ignore x expires=2027-01-02 owner=ops -- because */ -}}\nb: 2\n", []string{"x 2-2 expires=2027-01-02 owner=ops reason=because"}},
		"template over lines":   {"{{/*\n# kustoms:ignore x -- because\n*/}}\nb: 2\n", []string{"x 4-4 reason=because"}},
		"template behind code":  {"b: {{ .Values.b }} {{/* kustoms:ignore x -- because */}}\n", []string{"x 1-1 reason=because"}},
		"no reason":             {"# kustoms:ignore x\nb: 2\n", []string{"x 2-2"}},
		"no rule":               {"# kustoms:ignore -- because\nb: 2\n", []string{" 2-2 reason=because"}},
		"reason without dashes": {"# kustoms:ignore x because it is\nb: 2\n", []string{`x 2-2 fault="is" is not understood: write RULE,RULE expires=YYYY-MM-DD owner=WHO -- REASON`}},
		"unknown option":        {"# kustoms:ignore x until=2027-01-01 -- r\nb: 2\n", []string{`x 2-2 reason=r fault="until=" is neither expires= nor owner=`}},
		"in a word":             {"url: http://x#kustoms:ignore y -- no\n", nil},
		"CRLF":                  {"a: 1\r\n# kustoms:ignore x -- because\r\nb: 2\r\n", []string{"x 3-3 reason=because"}},

		"checkov, whole document":   {"---\nkind: A\n---\nkind: B\n# checkov:skip=CKV_K8S_16:needed\nspec: 1\n---\nkind: C\n", []string{"checkov:CKV_K8S_16 4-6 reason=needed"}},
		"trivy, block below":        {"kind: A\nspec:\n  # trivy:ignore:AVD-KSV-0017\n  containers:\n  - name: x\n    image: y\n  volumes: []\n", []string{"trivy:AVD-KSV-0017 4-6 reason=no reason given"}},
		"trivy, on an item":         {"spec:\n  containers:\n  - name: x #trivy:ignore:KSV017 trivy:ignore:KSV-0001:exp:2030-01-01\n    image: y\n  - name: z\n", []string{"trivy:KSV017 3-4 reason=no reason given", "trivy:KSV-0001 3-4 expires=2030-01-01 reason=no reason given"}},
		"trivy, whole object":       {"# trivy:ignore:KSV-0017\nkind: A\nspec: 1\n---\nkind: B\n", []string{"trivy:KSV-0017 2-3 reason=no reason given"}},
		"kics line":                 {"a: 1\n# kics-scan ignore-line\nb: 2\n", []string{"kics:* 3-3 reason=no reason given"}},
		"kics block":                {"a:\n  # kics-scan ignore-block\n  b:\n    c: 1\n    d: 2\n  e: 3\n", []string{"kics:* 3-5 reason=no reason given"}},
		"kics file":                 {"# kics-scan disable=u-1,u-2\na: 1\n", []string{"kics:u-1 1-3 reason=no reason given", "kics:u-2 1-3 reason=no reason given"}},
		"kics file, not at the top": {"a: 1\n# kics-scan ignore\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, w := range Comments("f.yaml", c.text) {
				got = append(got, show(w))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAnnotations(t *testing.T) {
	for _, c := range []struct {
		key, value string
		template   bool
		want       []string
	}{
		{"kustoms.dev/ignore", "x,y -- because\nz -- other", false, []string{"x 0-0 reason=because", "y 0-0 reason=because", "z 0-0 reason=other"}},
		{"kustoms.dev/ignores", "x -- because", false, []string{` 0-0 fault="kustoms.dev/ignores" is not understood: the key is kustoms.dev/ignore, or kustoms.dev/ignore.CONTAINER`}},
		{"checkov.io/skip1", "CKV_K8S_16=node agent", false, []string{"checkov:CKV_K8S_16 0-0 reason=node agent"}},
		{"ignore-check.kube-linter.io/privileged-container", "node agent", false, []string{"kubelinter:privileged-container 0-0 reason=node agent"}},
		{"ignore-check.kube-linter.io/privileged-container", "node agent", true, nil},
		{"kube-linter.io/ignore-all", "generated", false, []string{"kubelinter:* 0-0 reason=generated"}},
		{"polaris.fairwinds.com/hostPIDSet-exempt", "True", false, []string{"polaris:hostPIDSet 0-0 reason=no reason given"}},
		{"polaris.fairwinds.com/hostPIDSet-exempt", "false", false, nil},
		{"polaris.fairwinds.com/exempt", "true", false, []string{"polaris:* 0-0 reason=no reason given"}},
		{"kube-score/ignore", "pod-probes, service-type", true, []string{"kubescore:pod-probes 0-0 reason=no reason given", "kubescore:service-type 0-0 reason=no reason given"}},
		{"app", "x", false, nil},
	} {
		var got []string
		for _, w := range annotation(c.key, c.value, c.template) {
			got = append(got, show(w))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s=%q: -want +got:\n%s", c.key, c.value, diff)
		}
	}
}

func TestIgnoreFiles(t *testing.T) {
	got := ignoreFiles(files{
		".trivyignore":      "# head\nAVD-KSV-0017 exp:2030-01-01 # node agent\n\nCVE-2020-1\n",
		".trivyignore.yaml": "misconfigurations:\n  - id: KSV-0001\n    paths: [\"a/**\", \"b\"]\n    statement: fine\nsecrets:\n  - id: s\n    expired_at: 2029-02-03\n",
	})
	var lines []string
	for _, w := range got {
		lines = append(lines, fmt.Sprintf("%d %s %s %s %s", w.At.Start.Line, w.Rule, w.Path, w.Expires, w.Reason))
	}
	want := []string{
		"2 AVD-KSV-0017  2030-01-01 node agent", "4 CVE-2020-1   no reason given",
		"2 KSV-0001 a/**  fine", "2 KSV-0001 b  fine", "6 s  2029-02-03 no reason given",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

type files map[string]string

func (f files) ReadFile(p string) ([]byte, error) {
	if s, ok := f[p]; ok {
		return []byte(s), nil
	}
	return nil, fmt.Errorf("no %s", p)
}

func FuzzComments(f *testing.F) {
	f.Add("# kustoms:ignore x -- y\na: 1\n")
	f.Add("{{/*\n# trivy:ignore:KSV017:exp:2020-01-01\n# kics-scan ignore-block\n")
	f.Add("---\n# checkov:skip=A:b")
	f.Fuzz(func(t *testing.T, s string) {
		n := len(strings.Split(s, "\n"))
		for _, w := range Comments("x.yaml", s) {
			if w.At.Start.Line < 1 || w.At.Start.Line > n || w.Lines[0] < 1 || w.Lines[1] < w.Lines[0] {
				t.Errorf("a comment out of its file: %+v", w)
			}
		}
	})
}
