package main

import (
	"go/build"
	"os"
	"path/filepath"
	"testing"
)

// The table is what the modules give, where Go's module cache has them.
func TestTableIsFresh(t *testing.T) {
	cache := os.Getenv("GOMODCACHE")
	if cache == "" {
		cache = filepath.Join(build.Default.GOPATH, "pkg", "mod")
	}
	for _, v := range versions {
		if _, err := os.Stat(filepath.Join(cache, "cache", "download", filepath.FromSlash(module), "@v", v+".zip")); err != nil {
			t.Skipf("the module cache lacks %s %s: `make roles` downloads it", module, v)
		}
	}
	t.Chdir("../../../..")
	out, err := generate(cache)
	if err != nil {
		t.Fatal(err)
	}
	out.Check(t, output)
}
