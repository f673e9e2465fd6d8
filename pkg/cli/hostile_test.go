package cli_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/cli"
	"github.com/kustoms-dev/kustoms/pkg/report"
)

// canary marks what the hostile repository wrote.
const canary = "h0stile"

// hostile is a string that tries to get out of every format.
const hostile = "=" + canary + "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`]]><!-- -->" +
	" [click](https://evil.example/) ![x](https://evil.example/x.png) @octocat #1 !2 | x | \\ %0A {{ 7*7 }}" +
	"\n::error file=x::injected\n##vso[task.complete result=Failed;]\n##[group]x\n/close\n" +
	"\x1b[31mred\x1b[0m\r\x1b[0Ksection_start:1:x[collapsed=true]\r\x1b[0K\x1b]8;;https://evil.example\x07 " +
	"[[ATTACHMENT|/etc/passwd]] \u202eevil\u202c\u200b\u2028"

// hostileRepo writes a repository in which every name and value is hostile.
func hostileRepo(t *testing.T) string {
	dir := t.TempDir()
	// A path may hold all but "/" and NUL, and 255 bytes a name.
	file := func(s string) string {
		s = strings.NewReplacer("/", "∕", "{{", "", "}}", "").Replace(s)
		return s[:min(len(s), 200)]
	}
	q := func(s string) string { // JSON is YAML
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	pod := func(image string) string {
		h := q(hostile)
		return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: %s, namespace: %s, labels: {%s: %s}, annotations: {%s: %s}}
spec:
  hostPID: true
  serviceAccountName: %s
  containers:
    - name: %s
      image: %s
      securityContext: {privileged: true}
      env: [{name: %s, value: %s}]
      volumeMounts: [{name: %s, mountPath: %s}]
  volumes: [{name: %s, hostPath: {path: %s}}]
`, h, h, h, h, h, h, h, h, image, h, h, h, h, h, h)
	}
	key := "AKIA" + "Q3EGZ7WY5RTUXK2P" // no example key: those are not leaks
	chart := "chart " + file(hostile)
	for name, text := range map[string]string{
		file(hostile) + ".yaml":                         pod(q(hostile)),
		"invalid.yaml":                                  "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\xff" + canary + "\xfe\"}\nspec: {containers: [{name: \"\xc3(\", image: \"\x80\"}]}\n",
		"broken " + file(hostile) + ".yaml":             "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [" + q(hostile) + "\n",
		"keys " + file(hostile) + ".env":                "AWS_ACCESS_KEY_ID=" + key + "\n# " + strings.ReplaceAll(hostile, "\n", " ") + "\n",
		chart + "/Chart.yaml":                           "apiVersion: v2\nversion: 0.1.0\nname: " + q(hostile) + "\ndescription: " + q(hostile) + "\n",
		chart + "/values.yaml":                          "image: " + q(hostile) + "\n" + q(hostile) + ": 1\n",
		chart + "/templates/" + file(hostile) + ".yaml": pod("{{ .Values.image | quote }}"),
		"good/Chart.yaml":                               "apiVersion: v2\nversion: 0.1.0\nname: good\n",
		"good/values.yaml":                              "image: " + q(hostile) + "\n",
		"good/templates/" + file(hostile) + ".yaml":     pod("{{ .Values.image | quote }}"),
		"overlay/kustomization.yaml":                    "resources: [pod.yaml]\ncommonAnnotations: {a: " + q(hostile) + "}\n",
		"overlay/pod.yaml":                              pod(q(hostile)),
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What no output may hold, once a reader has decoded it.
const (
	noMarkup   = `(?i)<(script|img)\b|\]\(https?://|!\[x\]\(|(^|[^\\])@octocat|https://evil`
	noTerminal = `\x1b|\r|\x07|\x{202e}|\x{200b}|\x{2028}`
	noRunner   = `(?m)(^|\s)::error file=x|##vso\[|##\[group\]|^\s*section_start|^/close`
)

// decoders read what the consumer of a format would act on; a format without
// one is taken as it is.
func decoders() map[string]func(t *testing.T, data []byte) string {
	return map[string]func(t *testing.T, data []byte) string{
		"csv": func(t *testing.T, data []byte) string {
			rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, row := range rows {
				b.WriteString(strings.Join(row, "\n") + "\n")
			}
			return b.String()
		},
		"junit": xmlText, "junit-strict": xmlText,
		"cyclonedx": jsonText, "json": jsonText, "sarif": jsonText, "gitlab-codequality": jsonText,
		"gitlab-sast": jsonText, "gitlab-secret-detection": jsonText, "gitlab-container-scanning": jsonText,
	}
}

func jsonText(t *testing.T, data []byte) string {
	if !json.Valid(data) {
		t.Error("not JSON")
	}
	var b strings.Builder
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if err != nil {
			return b.String()
		}
		if s, ok := tok.(string); ok {
			b.WriteString(s + "\n")
		}
	}
}

func xmlText(t *testing.T, data []byte) string {
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			for _, a := range tok.Attr {
				b.WriteString(a.Value + "\n")
			}
		case xml.CharData:
			b.Write(tok)
		case xml.Comment, xml.Directive:
			t.Errorf("the repository brought its own markup: %q", tok)
		}
	}
}

// A repository made of hostile strings goes through a real scan into every
// format, and nothing that it wrote is a command, markup or hidden there.
func TestHostileRepository(t *testing.T) {
	forbidden := map[string]string{
		"csv":                       noTerminal + `|(?m)^[=+@|%-]`,
		"cyclonedx":                 noTerminal,
		"github-annotations":        noTerminal + `|(?m)^(##vso\[|##\[|::error file=x|section_start|/close)|##vso\[`,
		"github-summary":            noTerminal + `|` + noMarkup + `|(?m)^/close`,
		"gitlab-codequality":        noTerminal,
		"gitlab-container-scanning": noTerminal,
		"gitlab-sast":               noTerminal,
		"gitlab-secret-detection":   noTerminal,
		"html":                      noTerminal + `|(?i)<(script|img|iframe|object|embed|base|form)\b|<a [^>]*href="[^h#]|href="https?://evil`,
		"json":                      ``, // lossless: its readers clean what they show
		"junit":                     noTerminal + `|\[\[ATTACHMENT`,
		"junit-strict":              noTerminal + `|\[\[ATTACHMENT`,
		"markdown":                  noTerminal + `|` + noMarkup + `|(?m)^/close`,
		"sarif":                     noTerminal + `|[^\\]\[click[^\\]\]`,
		"text":                      noTerminal + `|` + noRunner,
	}
	dir, out := hostileRepo(t), t.TempDir()
	args := []string{"kustoms", "scan", dir, "--root", dir, "--verbose"}
	for _, f := range report.Formats() {
		args = append(args, "--report", f.Name+"="+filepath.Join(out, f.Name))
	}
	var stdout, stderr bytes.Buffer
	if code := cli.Main(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != 3 {
		t.Errorf("exit code %d, want 3: a file is broken\n%s", code, stderr.String())
	}
	check := func(t *testing.T, name, re string, text string) {
		if m := regexp.MustCompile(re).FindStringIndex(text); re != "" && m != nil {
			t.Errorf("%s: gets through: %q", name, text[max(m[0]-80, 0):min(m[1]+40, len(text))])
		}
	}
	for _, f := range report.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(out, f.Name))
			if err != nil {
				t.Fatal(err)
			}
			re, ok := forbidden[f.Name]
			if !ok {
				t.Fatal("say here what this format's consumer would act on")
			}
			if !utf8.Valid(data) {
				t.Error("not UTF-8")
			}
			for i, r := range string(data) {
				if unicode.IsControl(r) && r != '\n' {
					t.Fatalf("a control character: %q", data[max(i-60, 0):i+4])
				}
			}
			// A file without a trace of the repository would prove nothing; it has
			// no image that could be looked up.
			if !bytes.Contains(data, []byte(canary)) && f.Name != "gitlab-container-scanning" {
				t.Error("holds nothing of the repository")
			}
			text := string(data)
			if decode := decoders()[f.Name]; decode != nil {
				text = decode(t, data)
			}
			check(t, f.Name, re, text)
		})
	}
	check(t, "standard output", noTerminal+`|`+noRunner, stdout.String())
	check(t, "standard error", noTerminal+`|`+noRunner, stderr.String())

	stdout.Reset()
	stderr.Reset()
	cli.Main(t.Context(), []string{"kustoms", "images", dir, "--root", dir}, strings.NewReader(""), &stdout, &stderr)
	if !strings.Contains(stdout.String(), canary) {
		t.Error("images: lists nothing of the repository")
	}
	check(t, "images", noTerminal+`|(?m)^(##|::)`, stdout.String()+stderr.String())
}
