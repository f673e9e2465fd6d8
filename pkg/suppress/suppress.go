// Package suppress reads the suppressions that are written beside what they
// accept: comments in templates, values, patches and manifests, annotations of
// objects, and the ignore files of other tools. It collects and decides
// nothing; triage matches them with findings and says which do not hold.
//
// Ours are a comment and an annotation of one grammar:
//
//	# kustoms:ignore RULE[,RULE...] [expires=YYYY-MM-DD] [owner=WHO] -- REASON
//	kustoms.dev/ignore: "RULE[,RULE...] [expires=...] [owner=...] -- REASON"
//	kustoms.dev/ignore.CONTAINER: "..."
//
// A comment speaks of its own line if code stands before it, else of the next
// line of code. It may stand in {{/* */}} as well.
package suppress

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/internal/parallel"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Reader is what reading files needs of a repository, or of one revision.
type Reader interface {
	ReadFile(path string) ([]byte, error)
}

// maxWaivers bounds what one file may declare.
const maxWaivers = 10_000

// Read collects the comments of the files, sorted, and the ignore files at the root. A
// file that cannot be read declares nothing, so its findings count; whoever
// scans it says why it cannot be read.
func Read(ctx context.Context, repo Reader, paths []string) []result.Waiver {
	found := make([][]result.Waiver, len(paths))
	// One that stops early says so itself.
	_ = parallel.Each(ctx, len(paths), func(i int) {
		if p := paths[i]; p != "" && !textOnly(p) {
			if data, err := repo.ReadFile(p); err == nil && mentions(data) {
				found[i] = Comments(p, string(data))
			}
		}
	})
	return append(slices.Concat(found...), ignoreFiles(repo)...)
}

// textOnly are files that speak about suppressions without making any.
func textOnly(p string) bool {
	return slices.Contains([]string{".md", ".markdown", ".rst", ".adoc", ".txt", ".html", ".svg"}, strings.ToLower(path.Ext(p)))
}

func mentions(data []byte) bool {
	for _, k := range [...]string{"kustoms:ignore", "gitleaks:allow", "trivy:ignore", "tfsec:ignore", "kics-scan", ":skip="} {
		if bytes.Contains(data, []byte(k)) {
			return true
		}
	}
	return false
}

// comment finds our directive behind what starts a comment in YAML, templates
// and the languages that scripts are written in.
var comment = regexp.MustCompile(`(?:^|\s)(?:#+|//+|/\*+|\{\{-?\s*/\*+|--|;)\s*kustoms:ignore\b(.*)$`)

// commentEnd ends a comment that does not end with its line.
var commentEnd = regexp.MustCompile(`\s*\*/\s*(?:-?\}\})?\s*$`)

// Comments parses the directives of one file, ours and other tools'.
func Comments(p, text string) []result.Waiver {
	f := newFile(p, text)
	var out []result.Waiver
	for i, line := range f.lines {
		if len(out) >= maxWaivers {
			break
		}
		if m := comment.FindStringSubmatchIndex(line); m != nil {
			on := f.spokenOf(i, m[0])
			ws := Parse(commentEnd.ReplaceAllString(line[m[2]:m[3]], ""))
			for _, w := range ws {
				f.place(&w, i, on, on)
				out = append(out, w)
			}
		}
		out = append(out, f.foreign(i, line)...)
	}
	return out
}

// Parse reads the grammar behind "kustoms:ignore" or of an annotation's line.
// It gives a waiver a rule, or one with its fault.
func Parse(s string) []result.Waiver {
	head, reason, _ := strings.Cut(" "+s+" ", " -- ")
	w := result.Waiver{Reason: strings.TrimSpace(reason)}
	var rules []string
	fault := ""
	for _, word := range strings.Fields(head) {
		key, value, ok := strings.Cut(word, "=")
		switch {
		case ok && key == "expires":
			w.Expires = value
		case ok && key == "owner":
			w.Owner = value
		case ok:
			fault = fmt.Sprintf("%q is neither expires= nor owner=", key+"=")
		case len(rules) > 0 && !strings.HasSuffix(rules[len(rules)-1], ","):
			fault = fmt.Sprintf("%q is not understood: write RULE,RULE expires=YYYY-MM-DD owner=WHO -- REASON", word)
		default:
			rules = append(rules, word)
		}
	}
	var out []result.Waiver
	for id := range strings.SplitSeq(strings.Join(rules, ""), ",") {
		if id = strings.TrimSpace(id); id != "" || fault == "" && len(rules) == 0 {
			w.Rule, w.Fault = id, fault
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		w.Fault = fault
		out = append(out, w)
	}
	return out
}

// file is a text in lines.
type file struct {
	path  string
	lines []string
}

func newFile(p, text string) *file {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if n := len(lines); lines[n-1] == "" {
		lines = lines[:n-1]
	}
	return &file{p, lines}
}

// place puts a comment of line i, 0-based, that speaks of the lines from to
// upto, into the waiver.
func (f *file) place(w *result.Waiver, i, from, upto int) {
	w.Form, w.At = result.FormComment, source.LineSpan(f.path, i+1)
	w.Lines = [2]int{from + 1, upto + 1}
	if from < len(f.lines) {
		w.Text = strings.TrimSpace(f.lines[from])
	}
}

// spokenOf is the line of code that a comment at column col of line i speaks
// of: its own or the next, comments and blank lines passed over.
func (f *file) spokenOf(i, col int) int {
	if strings.TrimSpace(f.lines[i][:col]) != "" {
		return i
	}
	inBlock := f.open(i)
	for j := i; j < len(f.lines); j++ {
		t := strings.TrimSpace(f.lines[j])
		switch {
		case inBlock:
			inBlock = !strings.Contains(t, "*/")
		case t == "" || strings.HasPrefix(t, "#") || strings.HasPrefix(t, "//"):
		case strings.HasPrefix(t, "{{/*") || strings.HasPrefix(t, "{{- /*") || strings.HasPrefix(t, "/*"):
			_, after, closed := strings.Cut(t, "*/")
			after = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(after), "-}"))
			if closed && after != "" {
				return j // code behind the comment
			}
			inBlock = !closed
		case j > i:
			return j
		}
	}
	return len(f.lines)
}

// open reports whether line i stands in a block comment that began above.
func (f *file) open(i int) bool {
	const far = 200 // lines; comments are shorter
	for j := i - 1; j >= max(0, i-far); j-- {
		start, end := strings.LastIndex(f.lines[j], "/*"), strings.LastIndex(f.lines[j], "*/")
		if start >= 0 || end >= 0 {
			return start > end && strings.Contains(f.lines[j], "{{")
		}
	}
	return false
}

// Analyzer collects the annotations of rendered objects, and reports nothing.
type Analyzer struct{}

// Name is the analyzer's name, and its stage's.
func (Analyzer) Name() string { return "suppressions" }

// Rules is empty: what does not hold is triage's to say.
func (Analyzer) Rules() []result.Rule { return nil }

// Analyze reads the annotations of each object and of its pod template.
func (Analyzer) Analyze(_ context.Context, x *index.Index, sink *result.Sink) error {
	for _, o := range x.Objects {
		read := func(annotations manifest.Place, template bool) {
			for key, v := range annotations.Entries() {
				for _, w := range annotation(key, v.Str(), template) {
					w.Form, w.Object, w.Seen = result.FormAnnotation, o.Key, x.Target.Name
					w.At = v.Location().Primary
					sink.Waive(w)
				}
			}
		}
		read(o.Annotations(), false)
		if pod, ok := o.Pod(); ok && pod.Template.Node() != o.Root().Node() {
			read(pod.Template.At("metadata", "annotations"), true)
		}
	}
	return nil
}

const annotationKey = "kustoms.dev/ignore"

// annotation reads one annotation, of the pod template if template says so.
func annotation(key, value string, template bool) []result.Waiver {
	if !strings.HasPrefix(key, annotationKey) {
		return foreignAnnotation(key, value, template)
	}
	container := strings.TrimPrefix(strings.TrimPrefix(key, annotationKey), ".")
	if key != annotationKey && !strings.HasPrefix(key, annotationKey+".") {
		return []result.Waiver{{Fault: fmt.Sprintf("%q is not understood: the key is %s, or %s.CONTAINER", key, annotationKey, annotationKey)}}
	}
	var out []result.Waiver
	for line := range strings.SplitSeq(strings.TrimSpace(value), "\n") {
		for _, w := range Parse(line) {
			w.Container = container
			out = append(out, w)
		}
	}
	return out
}
