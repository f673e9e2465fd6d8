package secret

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zricethezav/gitleaks/v8/detect"

	"github.com/kustoms-dev/kustoms/pkg/internal/leakset"
)

// corpus is the directory of real charts and manifests, if it is there.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("KUSTOMS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus of real charts: set KUSTOMS_CORPUS to one")
	}
	return dir
}

// eachFile reads the text files of the corpus.
func eachFile(t testing.TB, fn func(path, text string)) {
	t.Helper()
	dir := corpus(t)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if text := string(data); err == nil && !isBinary(text) {
			fn(filepath.ToSlash(rel), text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// both are our engine and gitleaks' own detector over one configuration.
func both(t testing.TB) (*engine, *detect.Detector) {
	t.Helper()
	cfg, err := defaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := detect.NewDetector(cfg)
	d.MaxDecodeDepth = decodeDepth
	return e, d
}

// missed lists what the detector finds and the engine does not.
func missed(e *engine, d *detect.Detector, path, text string) []string {
	want := d.Detect(detect.Fragment{Raw: text, FilePath: path, StartLine: 1})
	if len(want) == 0 {
		return nil
	}
	have := map[string]bool{}
	for _, f := range e.matches(text) {
		first, last := posOf(text, f.from).Line, posOf(text, f.till).Line
		for l := first; l <= last; l++ {
			have[fmt.Sprint(f.rule, l, string(f.value))] = true
		}
	}
	var out []string
	for _, f := range want {
		if !have[fmt.Sprint(f.RuleID, f.StartLine, f.Secret)] && f.StartLine > 0 && f.Match != "file detected: "+path {
			out = append(out, fmt.Sprintf("%s at %s:%d", f.RuleID, path, f.StartLine))
		}
	}
	return out
}

// The labelled texts, and of the corpus a fixed sample: gitleaks takes a minute
// over all of it, which KUSTOMS_WHOLE_CORPUS asks for, as make conformance does.
func TestFindsWhatGitleaksFinds(t *testing.T) {
	e, d := both(t)
	try := func(path, text string) {
		for _, m := range missed(e, d, path, text) {
			t.Error("missed", m)
		}
	}
	cases, err := leakset.Read(filepath.Join("testdata", "labelled.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		try(c.Path, c.Text)
	}
	t.Run("corpus", func(t *testing.T) {
		if testing.Short() {
			t.Skip("gitleaks takes its time over the corpus")
		}
		whole := os.Getenv("KUSTOMS_WHOLE_CORPUS") != ""
		eachFile(t, func(path, text string) {
			if h := fnv.New32a(); whole || writes(h, path) && h.Sum32()%24 == 0 {
				try(path, text)
			}
		})
	})
}

func writes(h hash.Hash32, s string) bool {
	_, err := io.WriteString(h, s)
	return err == nil
}

func FuzzFindsWhatGitleaksFinds(f *testing.F) {
	e, d := both(f)
	for _, s := range []string{
		"key: " + awsID, "token = \"" + githubPAT + "\"\n", "a: " + b64("token: "+githubPAT) + "\n",
		"x: " + b64(b64("password="+slackBot)) + "\n", "api_key: 'Zk3Jq8" + "Lm2Xw9Rt5V'\nsecret=%41%42%43" + githubPAT,
		"K\u212aey\u017fecret: Zk3Jq8" + "Lm2Xw9Rt5V\n", "auth \u00e9\u00e9 token => Zk3Jq8" + "Lm2Xw9Rt5Vaa;\\n",
		"U+0074 U+006F \\u0067\\u0068\\u0070_" + githubPAT[4:], strings.Repeat("secret token key ", 30) + "= Zk3Jq8" + "Lm2Xw9Rt5V",
		"curl -u user:" + "Zk3Jq8Lm2Xw9 https://x\ncurl \\\n -H \"Authorization: Bearer " + "Zk3Jq8Lm2Xw9\" x\n",
		"-----BEGIN RSA PRIVATE" + " KEY-----\n" + strings.Repeat("Zk3Jq8"+"Lm2Xw9Rt5V\n", 8) + "-----END RSA PRIVATE" + " KEY-----\n",
		"kind: Secret\ndata:\n  password: " + b64("Zk3Jq8"+"Lm2Xw9Rt5V") + "\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Beyond: gitleaks allows by the whole text where the last line has
		// no end, and cuts runes of invalid UTF-8 its own way when folding.
		if !utf8.ValidString(text) || len(text) > 1<<16 {
			return
		}
		for _, m := range missed(e, d, "a.yaml", text+"\n\n") {
			t.Error("missed", m)
		}
	})
}

func BenchmarkMatches(b *testing.B) {
	a, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	e := a.engine
	var texts []string
	size := 0
	eachFile(b, func(_, text string) { texts, size = append(texts, text), size+len(text) })
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, t := range texts {
			e.matches(t)
		}
	}
}
