package manifest

import (
	"bytes"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// FuzzParse takes any bytes through splitting, parsing and locating: no panic,
// every chunk is what stands at its line, and no place lies outside the text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "---\n", "\ufeffa: 1\r\n---\r\nb: 2\r\n", "--- {a: b}\n--- # c\nx: y",
		"a: &x [1, *x]\n", "a: &a [b]\nc: *a\n<<: {d: e}\n", "k: 1\nk: 2\n",
		"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n  spec: {containers: [{name: c}]}\n",
		"a: |\n  text\n  ---\n  more\n", "\"\\ud800\": \x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		lines := bytes.Count(stream, []byte("\n")) + 1
		for _, c := range Split(stream) {
			if at := lineAt(stream, c.Line); !bytes.Contains(at, c.Text) {
				t.Fatalf("the chunk of line %d is not there: %q", c.Line, c.Text)
			}
			d := &Document{Path: "f.yaml", Text: c.Text, Line: c.Line, Map: srcmap.Identity("f.yaml", c.Line)}
			if err := d.Parse(); err != nil {
				if n := d.ErrSpan(err).Start.Line; n < 1 || n > lines+1 {
					t.Fatalf("%v: reported at line %d of %d", err, n, lines)
				}
				continue
			}
			for _, o := range d.Objects() {
				for key, v := range o.Root().Entries() {
					if n := v.Location().Primary.Start.Line; n < 1 || n > lines {
						t.Fatalf("%q is at line %d of %d", key, n, lines)
					}
				}
				if pod, ok := o.Pod(); ok {
					for ct := range pod.Containers() {
						_ = ct.At("securityContext", "runAsUser").Location()
					}
				}
			}
		}
	})
}

// lineAt is the stream from its line n on.
func lineAt(stream []byte, n int) []byte {
	for ; n > 1; n-- {
		stream = stream[bytes.IndexByte(stream, '\n')+1:]
	}
	return stream
}
