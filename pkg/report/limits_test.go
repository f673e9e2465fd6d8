package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// limit is what a consumer takes of one file.
type limit struct {
	bytes, runes int
	cut          string // what the output says where it left something out
}

func limits() map[string]limit {
	return map[string]limit{
		"github-annotations":        {bytes: 50_000, cut: "left out"},
		"github-summary":            {bytes: 1 << 20, cut: "left out"},
		"gitlab-codequality":        {bytes: 10_000_000, cut: "left out"},
		"gitlab-container-scanning": {bytes: 40_000_000, cut: "findings left out"},
		"gitlab-sast":               {bytes: 40_000_000, cut: "findings left out"},
		"gitlab-secret-detection":   {bytes: 40_000_000},
		"html":                      {bytes: 12_000_000, cut: "left out"},
		"markdown":                  {runes: 65_536, cut: "left out"},
		"junit":                     {bytes: 30_000_000},
		"junit-strict":              {bytes: 30_000_000},
		"sarif":                     {bytes: 10_000_000, cut: "findings left out"},
		"text":                      {bytes: 1_000_000, cut: "findings more"},
	}
}

// With 30,000 findings each format stays within its consumer's limits and says
// what it left out. With KUSTOMS_REPORT_OUT the files are kept there, for the
// consumers' own validators.
func TestLimits(t *testing.T) {
	r := monorepo()
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			got := write(t, f, r)
			t.Logf("%d bytes", len(got))
			if dir := os.Getenv("KUSTOMS_REPORT_OUT"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "large."+f.Name), got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			l := limits()[f.Name]
			if l.bytes > 0 && len(got) > l.bytes {
				t.Errorf("%d bytes, over the limit of %d", len(got), l.bytes)
			}
			if l.runes > 0 && utf8.RuneCount(got) > l.runes {
				t.Errorf("%d characters, over the limit of %d", utf8.RuneCount(got), l.runes)
			}
			if !bytes.Contains(got, []byte(l.cut)) {
				t.Errorf("does not say what was cut (%q)", l.cut)
			}
		})
	}
}

func TestSARIFLimits(t *testing.T) {
	for name, r := range cases() {
		var doc struct {
			Runs []struct {
				Results []struct {
					RuleID    string `json:"ruleId"`
					Level     string
					Locations []struct {
						PhysicalLocation struct {
							ArtifactLocation struct{ URI string }
							Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
						}
					}
				}
				Tool struct {
					Driver struct {
						Rules []struct {
							ID         string
							Properties struct{ Tags []string }
						}
					}
				}
			}
		}
		got := write(t, Format{Name: "sarif", Write: sarif{}}, r)
		if err := json.Unmarshal(got, &doc); err != nil {
			t.Fatal(err)
		}
		for s := range jsonStrings(t, got) {
			if utf8.RuneCountInString(s) > sarifText {
				t.Errorf("%s: a string of %d characters: %.80s…", name, utf8.RuneCountInString(s), s)
			}
		}
		if bytes.Contains(got, []byte(`"rank"`)) || bytes.Contains(got, []byte(`"ruleIndex"`)) {
			t.Errorf("%s: rank or ruleIndex is written", name)
		}
		rules := map[string]bool{}
		for _, m := range doc.Runs[0].Tool.Driver.Rules {
			rules[m.ID] = true
			if len(m.Properties.Tags) > 10 {
				t.Errorf("%s: rule %s has %d tags", name, m.ID, len(m.Properties.Tags))
			}
		}
		worst := "error"
		rank := map[string]int{"error": 2, "warning": 1, "note": 0}
		for _, res := range doc.Runs[0].Results {
			if !rules[res.RuleID] {
				t.Errorf("%s: result without its rule %s", name, res.RuleID)
			}
			if rank[res.Level] > rank[worst] {
				t.Errorf("%s: results are not worst first", name)
			}
			worst = res.Level
			loc := res.Locations[0].PhysicalLocation
			if loc.Region.StartLine < 1 || loc.Region.EndLine < loc.Region.StartLine || strings.ContainsAny(loc.ArtifactLocation.URI, " \\?#:<>\"") || strings.HasPrefix(loc.ArtifactLocation.URI, "./") {
				t.Errorf("%s: bad location %+v", name, loc)
			}
		}
		if n := len(doc.Runs[0].Results); n > 5000 {
			t.Errorf("%s: %d results", name, n)
		}
	}
}

// jsonStrings lists all strings of a document, help in Markdown included.
func jsonStrings(t *testing.T, data []byte) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if err != nil {
			return out
		}
		if s, ok := tok.(string); ok {
			out[s] = true
		}
	}
}

func TestTextLimits(t *testing.T) {
	r := canonical()
	// A line of a megabyte, marked near its end.
	r.Findings = r.Findings[:1]
	r.Findings[0].Excerpt = &result.Excerpt{First: 3, Lines: []string{strings.Repeat("x", 1<<20) + "KEY" + strings.Repeat("y", 100)}}
	r.Findings[0].Loc = at("a.yaml", 3, 1<<20+1, 1<<20+4)
	got := string(write(t, Format{Name: "text", Write: text{}}, r))
	if !strings.Contains(got, "…") || !strings.Contains(got, "^^^\n") || len(got) > 5000 {
		t.Errorf("long line:\n%.3000s", got)
	}
	for l := range strings.SplitSeq(got, "\n") {
		if cells(l) > 80 {
			t.Errorf("%d columns: %s", cells(l), l)
		}
	}
}
