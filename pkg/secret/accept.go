package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// What gitleaks takes for accepted stays a finding here, marked: reports show
// it as suppressed and the gate does not count it.

// allowComment on a line accepts what is found there, for gitleaks and for us.
const allowComment = "gitleaks:allow"

// ignoreFile lists accepted findings, a fingerprint of gitleaks' a line:
// [COMMIT:]PATH:RULE:LINE.
const ignoreFile = ".gitleaksignore"

// ignored are its entries and their lines.
type ignored map[string]int

func readIgnored(repo *source.Repo) (ignored, error) {
	if repo == nil {
		return nil, nil
	}
	data, err := repo.ReadFile(ignoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", ignoreFile, err)
	}
	out := ignored{}
	for i, line := range strings.Split(string(data), "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
		line = strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(line), `\`, "/"), "./")
		if line != "" && !strings.HasPrefix(line, "#") {
			out[line] = i + 1
		}
	}
	return out, nil
}

// accepted is the mark of a leak that a comment or the ignore file accepts,
// nil if none does.
func (a *Analyzer) accepted(path, text string, l leak) *result.Suppression {
	from, to := lineAround(text, min(l.match, l.start), max(l.end, l.start))
	if i := strings.Index(text[from:to], allowComment); i >= 0 {
		rest, _, _ := strings.Cut(text[from+i+len(allowComment):to], "\n")
		reason := strings.Trim(rest, " \t\r:-#*/}\"'")
		for _, o := range [...]string{string(l.value), firstLine(string(l.value))} {
			if len(o) >= 4 && strings.Contains(reason, o) {
				reason = ""
			}
		}
		if reason == "" {
			reason = "accepted by " + allowComment + ", without a reason"
		}
		return &result.Suppression{Kind: "comment", Reason: reason, From: source.LineSpan(path, posOf(text, from+i).Line)}
	}
	for _, at := range [...]int{l.match, l.start} {
		key := fmt.Sprintf("%s:%s:%d", path, l.rule, posOf(text, at).Line)
		for _, k := range [...]string{key, l.commit + ":" + key} {
			if n, ok := a.ignore[k]; ok {
				return &result.Suppression{Kind: "ignore-file", Reason: "accepted by " + ignoreFile + ", without a reason", From: source.LineSpan(ignoreFile, n)}
			}
		}
	}
	return nil
}
