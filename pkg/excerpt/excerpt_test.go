package excerpt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

func TestMask(t *testing.T) {
	for _, c := range []struct{ line, near, want string }{
		{"  password: hunter2", "", "  password: *******"},
		{`  DB_PASSWORD = "hunter2" # x`, "", `  DB_PASSWORD = *************`},
		{"  passwordSecretRef:", "", "  passwordSecretRef:"},
		{"  existingSecret: true", "", "  existingSecret: true"},
		{"  token: {{ .Values.token | quote }}", "", "  token: {{ .Values.token | quote }}"},
		{"          value: hunter2", "        - name: DB_PASSWORD", "          value: *******"},
		{"          value: info", "        - name: LOG_LEVEL", "          value: info"},
		{"  image: nginx@sha256:0123456789abcdef0123456789abcdef", "", "  image: nginx@sha256:0123456789abcdef0123456789abcdef"},
		{"  url: postgres://app:hunter2@db/app", "", "  url: postgres://app:********@db/app"},
		{"  data: QWxhZGRpbjpvcGVuIHNlc2FtZTE2", "", "  data: ****************************"},
		{"  terminationGracePeriodSeconds: 30", "", "  terminationGracePeriodSeconds: 30"},
	} {
		if got := mask(c.line, c.near); got != c.want {
			t.Errorf("mask(%q)\n got %q\nwant %q", c.line, got, c.want)
		}
	}
}

func TestFill(t *testing.T) {
	dir := t.TempDir()
	text := "a: 1\nb:\n  c: 2 # x\nkey: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIabc\n  -----END RSA PRIVATE KEY-----\nz: odd\nlast: 9\n"
	if err := os.WriteFile(filepath.Join(dir, "v.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	find := func(rule string, line, col, end int) result.Finding {
		s := source.Span{Path: "v.yaml", Start: source.Pos{Line: line, Col: col}}
		if end > 0 {
			s.End = source.Pos{Line: line, Col: end}
		}
		return result.Finding{Rule: rule, Loc: result.Location{Primary: s}}
	}
	masked := find("secret-rule", 1, 4, 5)
	masked.Excerpt = &result.Excerpt{First: 1, Lines: []string{"a: ?"}}
	gone := find("plain-rule", 99, 1, 0)
	r := &result.Report{
		Rules:    []result.Rule{{ID: "plain-rule", Family: "pod"}, {ID: "secret-rule", Family: "secret"}},
		Findings: []result.Finding{find("plain-rule", 2, 1, 2), find("plain-rule", 6, 0, 0), find("secret-rule", 8, 4, 7), find("plain-rule", 9, 0, 0), masked, gone},
	}
	Fill(repo, r)
	want := []string{
		"1 a: ?|b:|  c: 2 # x",
		"5   *******************************|  ******|  *****************************",
		"7   *****************************|z: ***|last: 9",
		"8 z: odd|last: 9",
		"1 a: ?",
		"",
	}
	for i, f := range r.Findings {
		got := ""
		if f.Excerpt != nil {
			got = string(rune('0'+f.Excerpt.First)) + " " + strings.Join(f.Excerpt.Lines, "|")
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("finding %d: %s", i, diff)
		}
	}
}
