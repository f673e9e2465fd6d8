package triage

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// The baseline file is a line a finding, sorted, so that git merges it line by
// line and a reviewer reads it: where, which rule, what object, and the
// fingerprint, which alone counts. No message: that may quote what is scanned.
const baselineHead = `# kustoms baseline, version 1: findings that were known when it was written.
# They do not fail the run. Written by: kustoms baseline write; lines of mended
# findings go with: kustoms baseline prune. Lines may be deleted by hand.
`

var fingerprintForm = regexp.MustCompile(`^v1:[0-9a-f]{32}$`)

// WriteBaseline writes the findings that are there and not suppressed. What
// triage says about suppressions stays out: it is mended by an edit.
func WriteBaseline(w io.Writer, fs []result.Finding) error {
	var lines []string
	for i := range fs {
		f := &fs[i]
		if f.Suppressed != nil || f.Baseline == result.BaselineAbsent || aboutSuppression(f.Rule) {
			continue
		}
		about := f.Object.String()
		if f.Container != "" {
			about += "/" + f.Container
		}
		lines = append(lines, strings.Join([]string{field(f.Loc.Primary.Path), field(f.Rule), field(about), f.Fingerprint}, " "))
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	b := bufio.NewWriter(w)
	b.WriteString(baselineHead)
	for _, l := range lines {
		b.WriteString(l + "\n")
	}
	return b.Flush()
}

func aboutSuppression(id string) bool {
	return slices.ContainsFunc(suppressionRules[:], func(m result.Rule) bool { return m.ID == id })
}

// field is s as one word of a line.
func field(s string) string {
	if s == "" {
		return "-"
	}
	if q := strconv.QuoteToGraphic(s); q != `"`+s+`"` || strings.ContainsAny(s, " #\t") {
		return strings.ReplaceAll(q, " ", `\x20`)
	}
	return s
}

// ReadBaseline reads a baseline file; name is for errors.
func ReadBaseline(name string, data []byte) (*Baseline, error) {
	b := &Baseline{Known: map[string]result.Finding{}}
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		words := strings.Fields(line)
		if len(words) != 4 || !fingerprintForm.MatchString(words[3]) {
			return nil, fmt.Errorf("%s:%d: not a line of a baseline: want FILE RULE OBJECT FINGERPRINT", name, n)
		}
		for i, w := range words {
			if u, err := strconv.Unquote(w); err == nil && w[0] == '"' {
				words[i] = u
			}
		}
		f := result.Finding{
			Rule: words[1], Fingerprint: words[3], Loc: result.Location{Primary: source.LineSpan(words[0], 1)},
			Message: "a finding of the baseline is not there any more",
		}
		if words[2] != "-" {
			f.Message += ": " + words[2]
		}
		b.Known[f.Fingerprint] = f
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}
