package main

import (
	"path/filepath"
	"testing"
)

// The table is compared where the modules are at hand: they are large, and
// tests need no network.
func TestTableIsFresh(t *testing.T) {
	offline := []string{"GOPROXY=off", "GOFLAGS=-mod=mod"}
	for _, r := range releases {
		if _, err := module(r, offline); err != nil {
			t.Skipf("k8s.io/kubernetes@%s is not in the module cache: `make schemas` fetches it", r)
		}
	}
	dir := filepath.Join("..", "..", "..", "schema")
	files, err := generate(dir, offline)
	if err != nil {
		t.Fatal(err)
	}
	files.Check(t, filepath.Join(dir, "*.gz"))
}
