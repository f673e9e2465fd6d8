package helm

import (
	"fmt"
	"regexp"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// printer writes documents as `helm template` prints them and notes where each
// came from.
type printer struct {
	job  *job
	tr   *trace
	text strings.Builder
	line int // of the next byte of text, 1-based
	docs []*manifest.Document
	// next holds the documents of each file in order, for finding out which of
	// two equal ones is printed.
	next map[string][]chunk
}

// chunk is one document of a template's output and the line where it starts.
type chunk struct {
	text string
	line int
}

var separator = regexp.MustCompile(`(?:^|\s*\n)---\s*`)

// chunks cuts a template's output as Helm's releaseutil.SplitManifests does.
func chunks(text string) []chunk {
	lead := len(text) - len(strings.TrimLeft(text, " \t\r\n\v\f\u0085\u00a0"))
	body := strings.TrimSpace(text)
	var out []chunk
	add := func(from, to int) {
		piece := body[from:to]
		if piece == "" {
			return
		}
		trimmed := strings.TrimSpace(piece)
		from += strings.Index(piece, trimmed)
		out = append(out, chunk{trimmed, 1 + strings.Count(text[:lead+from], "\n")})
	}
	at := 0
	for _, m := range separator.FindAllStringIndex(body, -1) {
		add(at, m[0])
		at = m[1]
	}
	add(at, len(body))
	return out
}

func newPrinter(j *job, plain map[string]string, tr *trace) *printer {
	p := &printer{job: j, tr: tr, line: 1, next: map[string][]chunk{}}
	for name, text := range plain {
		p.next[name] = chunks(text)
	}
	return p
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

func (p *printer) document(name, content string) {
	p.write(fmt.Sprintf("---\n# Source: %s\n", name))
	line := 1
	for i, c := range p.next[name] {
		if c.text == content {
			line = c.line
			p.next[name] = append(p.next[name][:i:i], p.next[name][i+1:]...)
			break
		}
	}
	p.docs = append(p.docs, &manifest.Document{
		Target: p.job.target.Name, Path: p.job.sources[name].path, Text: []byte(content), Line: p.line,
		Map: srcmap.New(p.tr.lines(name, line, content)),
	})
	p.write(content + "\n")
}

// endManifests is where Helm trims what it printed before the hooks.
func (p *printer) endManifests() {
	text := strings.TrimSpace(p.text.String()) + "\n"
	p.text.Reset()
	p.text.WriteString(text)
	p.line = 1 + strings.Count(text, "\n")
}
