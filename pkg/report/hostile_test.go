package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/kustoms-dev/kustoms/pkg/graph"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// What a hostile string becomes where Markdown is not escaped.
const (
	hostileHTML  = `(?i)<(script|img)`
	hostileLinks = `\]\(https?://evil|!\[x\]\(|[^\\]@octocat|[^\x{2060}]\.evil\.example|https://evil`
)

// Nothing that a scanned repository writes is markup, a command or a hidden
// character in any format. The canonical report holds hostile strings in every
// field; forbidden is what a format's consumer would act on.
func TestHostile(t *testing.T) {
	const html, links = hostileHTML, hostileLinks
	forbidden := map[string]string{
		"csv":                       ``,                 // TestHostileCSV
		"dotenv":                    `[^A-Z_=a-z0-9\n]`, // counts and fixed words
		"github-annotations":        `(?m)^(::error file=x|##\[|section_start|/close)`,
		"github-summary":            html + `|` + links,
		"gitlab-codequality":        ``, // JSON, whose readers escape
		"cyclonedx":                 ``,
		"gitlab-container-scanning": ``,
		"gitlab-sast":               ``, // TestHostileGitLab
		"gitlab-secret-detection":   ``,
		"html":                      `(?i)<(script|img|iframe|object|embed|base|form|a [^>]*href="[^h#])|javascript:alert|ZgotmplZ`,
		"json":                      ``,
		"junit":                     html,
		"junit-strict":              html,
		"markdown":                  html + `|` + links,
		"sarif":                     ``,
		"text":                      `(?m)^\s*(::error|##\[|/close)|##\[group`,
	}
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			got := write(t, f, canonical())
			re, ok := forbidden[f.Name]
			if !ok {
				t.Fatal("say here what this format's consumer would act on")
			}
			if m := regexp.MustCompile(re).FindIndex(got); re != "" && m != nil {
				t.Errorf("markup or a command gets through: %.200q", got[max(m[0]-60, 0):])
			}
			for i, r := range string(got) {
				// JSON is lossless: what it does not have to escape it keeps.
				if r != '\n' && unicode.IsControl(r) || f.Name != "json" && (r == '\u202e' || r == '\u200b' || r == '\ufffe') {
					t.Fatalf("a hidden character gets through: %q", got[max(i-60, 0):i+8])
				}
			}
		})
	}
}

// GitLab shows descriptions and solutions as Markdown.
func TestHostileGitLab(t *testing.T) {
	markup := regexp.MustCompile(hostileHTML + `|` + hostileLinks)
	for _, f := range Formats() {
		if _, ok := f.Write.(gitlab); !ok {
			continue
		}
		var doc struct {
			Vulnerabilities []struct{ Description, Solution string }
		}
		if err := json.Unmarshal(write(t, f, canonical()), &doc); err != nil {
			t.Fatal(err)
		}
		for _, v := range doc.Vulnerabilities {
			for _, s := range []string{v.Description, v.Solution} {
				if m := markup.FindString(s); m != "" {
					t.Errorf("%s: markup gets through: %q in %q", f.Name, m, s)
				}
			}
		}
	}
}

func TestHostileCSV(t *testing.T) {
	f, err := Lookup("csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(write(t, f, canonical()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range slices.Concat(rows...) {
		if c := strings.TrimLeft(c, " \t"); c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
			t.Errorf("a spreadsheet takes this cell for a formula: %q", c)
		}
	}
}

// Hostile strings are text of the file's own elements, and bring none of theirs.
func TestHostileXML(t *testing.T) {
	for _, name := range []string{"junit", "junit-strict"} {
		f, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(write(t, f, canonical())))
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if c, ok := tok.(xml.Comment); ok {
				t.Errorf("%s: a comment: %q", name, c)
			}
			if p, ok := tok.(xml.ProcInst); ok && p.Target != "xml" {
				t.Errorf("%s: a processing instruction: %q", name, p.Target)
			}
		}
	}
}

// The page has the elements and attributes of its template and of a drawing of
// plain names, and no others, so
// that no policy of a server takes anything from it but the style.
func TestHTMLElements(t *testing.T) {
	f, err := Lookup("html")
	if err != nil {
		t.Fatal(err)
	}
	tag := regexp.MustCompile(`<([a-z0-9]+)((?:\s+[A-Za-z][A-Za-z0-9-]*(?:="[^"]*")?)*)\s*/?>`)
	attr := regexp.MustCompile(`([A-Za-z][A-Za-z0-9-]*)(?:="[^"]*")?`)
	elements := func(page string) map[string]bool {
		out := map[string]bool{}
		for _, m := range tag.FindAllStringSubmatch(page, -1) {
			out[m[1]] = true
			for _, a := range attr.FindAllStringSubmatch(m[2], -1) {
				out[m[1]+" "+a[1]] = true
			}
		}
		return out
	}
	page := string(write(t, f, canonical()))
	if n := strings.Count(page, "<") - strings.Count(page, "</"); n != len(tag.FindAllString(page, -1))+1 { // and the doctype
		t.Errorf("%d < for %d tags", n, len(tag.FindAllString(page, -1)))
	}
	action := regexp.MustCompile(`\{\{[^}]*\}\}`)
	drawing := graph.Draw(&result.Graph{
		Groups: []result.GraphGroup{{ID: "g", Label: "g"}},
		Nodes:  []result.GraphNode{{ID: "a", Group: "g", Label: "a", Style: result.GraphQuiet}, {ID: "b", Label: "b", Style: result.GraphDanger}},
		Edges:  []result.GraphEdge{{From: "a", To: "b", Label: "x", Style: result.GraphQuiet}, {From: "b", To: "a", Style: result.GraphDanger}},
	})
	own := elements(action.ReplaceAllString(htmlTemplate, "") + drawing)
	for _, e := range slices.Sorted(maps.Keys(elements(page))) {
		if !own[e] && !strings.HasSuffix(e, " open") && !strings.HasSuffix(e, " checked") {
			t.Errorf("the page has <%s>, the template has not", e)
		}
		if strings.Contains(e, " on") || strings.HasSuffix(e, " style") || strings.HasSuffix(e, " src") {
			t.Errorf("<%s> is script, style or something from outside", e)
		}
	}
}
