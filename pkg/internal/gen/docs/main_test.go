package main

import (
	"path/filepath"
	"testing"
)

func TestPagesAreFresh(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..")
	out := filepath.Join(root, "docs", "rules")
	files, err := generate(filepath.Join(root, "pkg", "rules"), out)
	if err != nil {
		t.Fatal(err)
	}
	files.Check(t, filepath.Join(out, "[a-z]*.md"))
}
