package report

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// write runs one format over a report.
func write(t *testing.T, f Format, r *result.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write.Write(&b, r); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	formats := append(Formats(),
		Format{Name: "text-verbose", Write: text{verbose: true}},
		Format{Name: "text-color", Write: text{color: true}},
		Format{Name: "sarif-suppressed", Write: sarif{category: "project a/b", suppressed: true}},
	)
	for name, r := range map[string]*result.Report{"canonical": canonical(), "empty": empty()} {
		for _, f := range formats {
			t.Run(name+"/"+f.Name, func(t *testing.T) {
				got := write(t, f, r)
				if !bytes.Equal(got, write(t, f, r)) {
					t.Error("two writes differ")
				}
				if json.Valid(got) { // indented, for review
					var b bytes.Buffer
					_ = json.Indent(&b, got, "", " ")
					got = b.Bytes()
				}
				golden.Check(t, filepath.Join("testdata", name, f.Name+".golden"), got)
			})
		}
	}
}

// JSON is lossless: read back, it writes every format alike.
func TestReplay(t *testing.T) {
	f, err := Lookup("json")
	if err != nil {
		t.Fatal(err)
	}
	r := canonical()
	back, err := ReadJSON(bytes.NewReader(write(t, f, r)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		if diff := cmp.Diff(string(write(t, f, r)), string(write(t, f, back))); diff != "" {
			t.Errorf("%s differs after a replay:\n%s", f.Name, diff)
		}
	}
}
