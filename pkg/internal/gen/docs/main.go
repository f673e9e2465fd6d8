// Command docs writes docs/rules: a page for each built-in rule, with examples
// cut from its fixture, and an index by family and by standard. Run it through
// `make generate`.
package main

import (
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/kustoms-dev/kustoms/pkg/internal/gen"
	"github.com/kustoms-dev/kustoms/pkg/internal/ruletest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/rules"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	out := filepath.Join("..", "..", "docs", "rules")
	files, err := generate(".", out)
	if err == nil {
		err = files.Write(filepath.Join(out, "[a-z]*.md"))
	}
	if err != nil {
		log.Fatal(err)
	}
}

// generate makes the pages in out from the rules folder dir.
func generate(dir, out string) (gen.Files, error) {
	files := gen.Files{}
	families := rules.All()
	for _, f := range families {
		for _, r := range f.Rules {
			yaml, err := fixture(dir, r, ".yaml")
			if err != nil {
				return nil, err
			}
			archive, err := fixture(dir, r, ".txtar")
			if err != nil {
				return nil, err
			}
			var params any
			if r.Params != nil {
				params = r.Params()
			}
			page := rule.Page(r.Meta, params, ruletest.Example(r, yaml, archive))
			files[filepath.Join(out, r.ID+".md")] = []byte(page)
		}
	}
	files[filepath.Join(out, "index.md")] = index(families)
	return files, nil
}

// fixture reads a rule's fixture of one form, nil if it has none.
func fixture(dir string, r *rule.Rule, ext string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, r.Family, "testdata", r.ID+ext))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
