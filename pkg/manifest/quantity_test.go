package manifest_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

func TestQuantity(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "0.5": "1/2", "500m": "1/2", ".5": "1/2", "5.": "5", "100u": "1/10000", "1n": "1/1000000000",
		"1k": "1000", "1M": "1000000", "1E": "1000000000000000000", "1Ki": "1024", "1.5Gi": "1610612736",
		"1e3": "1000", "1E3": "1000", "-1": "-1", `"256Mi"`: "268435456",
		`""`: "", "1K": "", "Mi": "", "1 Gi": "", "1e999999999": "", "lots": "", "{}": "",
	} {
		d := &manifest.Document{Text: []byte(fmt.Sprintf("apiVersion: v1\nkind: X\nq: %s\n", text))}
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		got, ok := d.Objects()[0].At("q").Quantity()
		if ok != (want != "") {
			t.Errorf("%s: a quantity: %t", text, ok)
			continue
		}
		if !ok {
			continue
		}
		w, _ := new(big.Rat).SetString(want)
		if got.Cmp(w) != 0 {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
