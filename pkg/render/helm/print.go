package helm

import (
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// printer writes documents as `helm template` prints them and notes where each
// came from.
type printer struct {
	job  *job
	text strings.Builder
	line int // of the next byte of text, 1-based
	docs []*manifest.Document
}

// chunk is one document of a template's output and the line where it starts.
type chunk struct {
	text string
	line int
}

// chunks cuts a template's output as Helm's releaseutil.SplitManifests does:
// by the expression `(?:^|\s*\n)---\s*`, of which what it finds is trimmed.
func chunks(text string) []chunk {
	body := strings.TrimSpace(text)
	off := strings.Index(text, body)
	line := 1 + strings.Count(text[:off], "\n")
	counted := off // the line of this offset is line
	var out []chunk
	add := func(from, to int) {
		piece := body[from:to]
		if piece == "" {
			return
		}
		trimmed := strings.TrimSpace(piece)
		start := off + from + strings.Index(piece, trimmed)
		line += strings.Count(text[counted:start], "\n")
		counted = start
		out = append(out, chunk{trimmed, line})
	}
	at := 0
	if strings.HasPrefix(body, "---") {
		at = 3 + blanks(body[3:])
	}
	for {
		i := strings.Index(body[at:], "\n---")
		if i < 0 {
			break
		}
		to := at + i
		for to > at && isBlank(body[to-1]) {
			to--
		}
		add(at, to)
		at += i + 4
		at += blanks(body[at:])
	}
	add(at, len(body))
	return out
}

// isBlank is what \s matches.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// blanks counts the blanks that s begins with.
func blanks(s string) int {
	n := 0
	for n < len(s) && isBlank(s[n]) {
		n++
	}
	return n
}

func (p *printer) write(s string) {
	p.text.WriteString(s)
	p.line += strings.Count(s, "\n")
}

func (p *printer) crd(c chart.CRD) {
	src := p.job.sources[c.Filename]
	text := string(c.File.Data)
	p.write(fmt.Sprintf("---\n# Source: %s\n", c.Filename))
	for _, part := range manifest.Split(c.File.Data) {
		m := srcmap.Identity(src.path, part.Line)
		if src.packed {
			m = srcmap.New(make([]srcmap.Line, 1))
		}
		p.docs = append(p.docs, &manifest.Document{
			Target: p.job.target.Name, Path: src.path, Text: part.Text, Line: p.line + part.Line - 1, Map: m,
		})
	}
	p.write(text + "\n")
}

func (p *printer) document(e *entry) {
	p.write(fmt.Sprintf("---\n# Source: %s\n", e.file))
	e.doc.Line = p.line
	p.docs = append(p.docs, e.doc)
	p.write(e.text + "\n")
}

// endManifests is where Helm trims what it printed before the hooks.
func (p *printer) endManifests() {
	text := strings.TrimSpace(p.text.String()) + "\n"
	p.text.Reset()
	p.text.WriteString(text)
	p.line = 1 + strings.Count(text, "\n")
}
