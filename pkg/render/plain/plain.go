// Package plain renders targets that need no rendering: manifests that stand
// in files as they are applied.
package plain

import (
	"bytes"
	"context"
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// Renderer reads manifests from the repository.
type Renderer struct {
	Repo *source.Repo
}

// Render concatenates the target's files, documents separated by "---".
func (r *Renderer) Render(ctx context.Context, t result.Target) (*render.Output, error) {
	out := &render.Output{}
	var text bytes.Buffer
	line := 1
	for _, path := range t.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		data, err := r.Repo.In(ctx).ReadFile(path)
		if err != nil {
			return nil, &render.Fault{At: source.LineSpan(path, 1), Msg: fmt.Sprintf("reading manifest: %v", err), Err: err}
		}
		for _, c := range manifest.Split(data) {
			text.WriteString("---\n")
			line++
			out.Documents = append(out.Documents, &manifest.Document{
				Target: t.Name, Path: path, Text: c.Text, Line: line,
				Map: srcmap.Identity(path, c.Line),
			})
			text.Write(c.Text)
			line += bytes.Count(c.Text, []byte("\n"))
			if !bytes.HasSuffix(c.Text, []byte("\n")) {
				text.WriteByte('\n')
				line++
			}
		}
	}
	out.Text = text.Bytes()
	return out, nil
}
