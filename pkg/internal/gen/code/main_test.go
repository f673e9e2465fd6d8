package main

import (
	"path/filepath"
	"testing"
)

func TestGeneratedFilesAreFresh(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "rules")
	rows, err := readCatalogue(filepath.Join(dir, "catalogue.csv"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(dir, rows)
	if err != nil {
		t.Fatal(err)
	}
	files.Check(t, filepath.Join(dir, owned))
}
