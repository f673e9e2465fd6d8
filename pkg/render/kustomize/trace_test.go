package kustomize

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// origins prints the table "field: value → where it is edited <chain>". An
// origin that is not exact has a "~".
func origins(t *testing.T, out *render.Output) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, d := range out.Documents {
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		for _, o := range d.Objects() {
			fmt.Fprintf(&b, "%s\n", o.Key)
			for p := range o.Root().Scalars() {
				loc := p.Location()
				mark := ""
				if !loc.Exact {
					mark = "~"
				}
				fmt.Fprintf(&b, "  %-58s %s%s", p.Path()+": "+strings.ReplaceAll(p.Str(), "\n", "\\n"), mark, loc.Primary)
				for _, c := range loc.Chain {
					fmt.Fprintf(&b, " <%s %s:%d>", c.Role, filepath.Base(c.Path), c.Start.Line)
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.Bytes()
}

func TestOrigins(t *testing.T) {
	data, err := os.ReadFile("testdata/origins.txtar")
	if err != nil {
		t.Fatal(err)
	}
	r := &Renderer{Repo: repoOf(t, string(data))}
	out, err := r.Render(t.Context(), target("prod"))
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/origins.golden", origins(t, out))
	for _, d := range out.Documents {
		if i := bytes.Index(d.Text, []byte("second = 2")); i >= 0 {
			line := 1 + bytes.Count(d.Text[:i], []byte("\n"))
			if at := d.Locate(line, 1).Primary; at != source.LineSpan("base/app.conf", 2) {
				t.Errorf("the second line of a file in a block is said to come from %s", at)
			}
		}
	}
}
