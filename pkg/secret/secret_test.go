package secret

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// The tokens are put together here, so that the repository holds none whole.
var (
	awsID     = "AK" + "IA" + "Q3EGZ7YQ" + "WPXT2MVN"
	githubPAT = "gh" + "p_" + "x9Kd02mQzL7vRt4YbN8s" + "W1cE6uHj3FgPaToX"
	slackBot  = "xo" + "xb-" + "738291046512-" + "918273645012-" + "aZ3kTq9LmWx7RvBn2CyD5eFg"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// repo writes files to a fresh directory and opens it.
func repo(t *testing.T, files map[string]string) *source.Repo {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// analyze scans the files and the documents, and triages.
func analyze(t *testing.T, opts Options, files []string, docs ...*manifest.Document) []result.Finding {
	t.Helper()
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	var sink result.Sink
	x := index.New(result.Target{Name: "files", Kind: result.KindFiles}, nil)
	x.Repo, x.Files = opts.Repo, files
	if err := a.Analyze(t.Context(), x, &sink); err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		x := index.New(result.Target{Name: d.Target, Kind: result.KindHelm}, []*manifest.Document{d})
		if err := a.Analyze(t.Context(), x, &sink); err != nil {
			t.Fatal(err)
		}
	}
	fs, stages := sink.Take()
	for _, s := range stages {
		t.Errorf("stage %+v", s)
	}
	r := &result.Report{Findings: fs}
	triage.Run(&triage.Options{}, r)
	return r.Findings
}

func TestFiles(t *testing.T) {
	files := map[string]string{
		"chart/values.yaml": "aws:\n  accessKey: " + awsID + "\nother: 1\n",
		"run.sh":            "export TOKEN=" + githubPAT + "\n",
		"secret.yaml":       "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  bot: " + b64("url="+slackBot) + "\n",
	}
	got := analyze(t, Options{Repo: repo(t, files)}, []string{"chart/values.yaml", "run.sh", "secret.yaml"})
	want := map[string]string{
		"secret-aws-access-token": "chart/values.yaml:2:14",
		"secret-github-pat":       "run.sh:1:14",
		"secret-slack-bot-token":  "secret.yaml:6",
	}
	for _, f := range got {
		at := f.Loc.Primary.String()
		if want[f.Rule] == "" || !strings.HasPrefix(at, want[f.Rule]) {
			t.Errorf("%s at %s: %s", f.Rule, at, f.Message)
		}
		delete(want, f.Rule)
	}
	for id, at := range want {
		t.Errorf("no %s at %s", id, at)
	}
}

// A leak in values that two renders show, encoded and plain, is one finding at
// the values line.
func TestRenderedOnce(t *testing.T) {
	r := repo(t, map[string]string{
		"chart/values.yaml":           "aws:\n  accessKey: " + awsID + "\n",
		"chart/templates/secret.yaml": "data:\n  key: {{ .Values.aws.accessKey | b64enc }}\n",
	})
	doc := func(target string) *manifest.Document {
		text := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  key: " + b64(awsID) + "\n"
		lines := make([]srcmap.Line, 6)
		for i := range lines {
			lines[i].Chain = []result.Origin{{Span: source.LineSpan("chart/templates/secret.yaml", 2), Role: result.RoleTemplate}}
		}
		lines[5].Values = []result.Origin{{Span: source.LineSpan("chart/values.yaml", 1), Role: result.RoleValues, Key: "aws"}}
		return &manifest.Document{Target: target, Path: "chart/templates/secret.yaml", Text: []byte(text), Line: 1, Map: srcmap.New(lines)}
	}
	for name, files := range map[string][]string{"with files": {"chart/values.yaml"}, "without": nil} {
		got := analyze(t, Options{Repo: r}, files, doc("prod"), doc("test"))
		if len(got) != 1 {
			t.Fatalf("%s: %d findings: %+v", name, len(got), got)
		}
		f := got[0]
		if at := f.Loc.Primary.String(); f.Rule != "secret-aws-access-token" || at != "chart/values.yaml:2:14" {
			t.Errorf("%s: %s at %s", name, f.Rule, at)
		}
		if len(f.Related) != 1 || len(f.Targets) != 2+len(files) || f.Object.Kind != "Secret" {
			t.Errorf("%s: related %v, targets %v, object %v", name, f.Related, f.Targets, f.Object)
		}
	}
}

// Nothing that a finding carries holds more than four characters of a secret.
func TestNothingShown(t *testing.T) {
	text := "a: " + awsID + " # " + githubPAT + "\nb: " + b64(slackBot+" and more") + "\n"
	got := analyze(t, Options{Repo: repo(t, map[string]string{"a.yaml": text})}, []string{"a.yaml"})
	if len(got) < 3 {
		t.Fatalf("%d findings", len(got))
	}
	out, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{awsID, githubPAT, slackBot, b64(slackBot + " and more")} {
		for i := 0; i+5 <= len(v); i++ {
			if strings.Contains(string(out), v[i:i+5]) {
				t.Fatalf("a finding shows part %d of a secret", i)
			}
		}
	}
}

func TestKeyPath(t *testing.T) {
	text := "db:\n  auth:\n    {{- if .x }}\n    password: VALUE\n  list:\n  - name: a\n    token: VALUE\nfile: |\n  one\n  VALUE\nexport KEY=VALUE\n"
	var got []string
	for off := 0; ; {
		i := strings.Index(text[off:], "VALUE")
		if i < 0 {
			break
		}
		got = append(got, keyPath(text, off+i))
		off += i + 5
	}
	want := "db.auth.password db.list.token file KEY"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %q, want %q", s, want)
	}
}

// Keys are printed, so no part of a value may pass for one.
func TestKeyPathShowsNoValue(t *testing.T) {
	for _, c := range [][2]string{
		{"data:\n  user: c2hvcA==\n  password: VALUE", "data.password"},
		{"data:\n  user: c2hvcA==VALUE", "data.user"},
		{"data:\n  cert: |\n  c2hvcHNob3A=\n    VALUE", "data.cert"},
		{"env:\n  url: postgres://shop:VALUE@db", "env.url"},
		{"- value: https://shop:hunter2:VALUE", "value"},
		{`{"auths":{"r.io":{"auth":"VALUE"}}}`, "auth"},
		{"c2hvcHNob3A=\nVALUE", ""},
	} {
		if got := keyPath(c[0], strings.Index(c[0], "VALUE")); got != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], got, c[1])
		}
	}
}

// What is a leak, and beside it what only looks like one.
func TestBothSides(t *testing.T) {
	pw := "Zk3Jq8" + "Lm2Xw9Rt5V"
	leaks := map[string]string{
		"secret-connection-string-password": "url: postgres://app:" + pw + "@db:5432/app\n",
		"secret-docker-registry-auth":       `{"auths":{"r.io":{"auth":"` + b64("bot:"+pw) + `"}}}` + "\n",
		"secret-kubeconfig-client-key":      "    client-key-data: " + strings.Repeat("LS0tLS1CRUdJTiBSU0Eg"+"UFJJVkFURSBLRVkt", 3) + "\n",
		"secret-kubernetes-bootstrap-token": "token: ab3d9f." + "q8w7e6r5t4y3u2i1\n",
		"secret-generic-api-key":            "apiToken: " + pw + "\n",
	}
	for want, text := range leaks {
		got := analyze(t, Options{Repo: repo(t, map[string]string{"a.yaml": text})}, []string{"a.yaml"})
		if len(got) != 1 || got[0].Rule != want {
			t.Errorf("want %s, got %d findings %+v", want, len(got), got)
		}
	}
	for name, text := range map[string]string{
		"reference":   "url: postgres://app:$(DB_PASSWORD)@db/app\n",
		"template":    "password: {{ .Values.secret.password | quote }}\n",
		"placeholder": "url: amqp://app:changeme123@mq\n",
		"SOPS":        "password: ENC[AES256_GCM,data:Zk3Jq8" + "Lm2Xw9Rt5V,iv:aa=,tag:bb=,type:str]\nsops:\n  mac: ENC[x]\n  token: Zk3Jq8" + "Lm2Xw9Rt5V\n",
		"sealed":      "kind: SealedSecret\nspec:\n  encryptedData:\n    password: AgBy3i4OJSWK" + "PiTySYZZA9rO43cGDEq\n",
		"UUID":        "tokenId: 014df517-39d1-4453-b7b3-9930c563627d\n",
		"secretName":  "secretName: gocd-server-ssh\n",
		"checksum":    "annotations:\n  checksum/secret-token: " + strings.Repeat("9f3c1a7b0d5e8246", 4) + "\n",
	} {
		for _, f := range analyze(t, Options{Repo: repo(t, map[string]string{"a.yaml": text})}, []string{"a.yaml"}) {
			t.Errorf("%s: %s: %s", name, f.Rule, f.Message)
		}
	}
}

// A crash prints what it holds by the verbs of package fmt.
func TestLeakPrintsNoValue(t *testing.T) {
	v := "Zk3Jq8" + "Lm2Xw9Rt5V"
	f := found{leak: leak{value: hidden(v)}, match: hidden(v), line: hidden(v)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, f); strings.Contains(s, v[4:]) {
			t.Errorf("%s prints %s", verb, s)
		}
		if s := fmt.Sprint(fmt.Errorf("%w "+verb, errors.New("x"), f.value)); strings.Contains(s, v[4:]) {
			t.Errorf("an error with %s prints %s", verb, s)
		}
	}
}
