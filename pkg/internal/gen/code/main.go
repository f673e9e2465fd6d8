// Command code writes what follows from the rules' files and the catalogue: the
// slice of each family, the list of families and the table of standards and
// peers. It reads syntax only, so it runs while the rules do not compile. Run
// it through `make generate`. With -new it scaffolds a rule.
package main

import (
	"flag"
	"log"
	"path/filepath"
)

// owned matches the files that only this command writes.
const owned = "*/zz_rules.go"

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	dir := flag.String("dir", ".", "the rules folder")
	newRule := flag.String("new", "", "scaffold the rule with this id")
	flag.Parse()
	if err := run(*dir, *newRule); err != nil {
		log.Fatal(err)
	}
}

func run(dir, newRule string) error {
	rows, err := readCatalogue(filepath.Join(dir, "catalogue.csv"))
	if err != nil {
		return err
	}
	if newRule != "" {
		return scaffold(dir, newRule, rows)
	}
	files, err := generate(dir, rows)
	if err != nil {
		return err
	}
	return files.Write(filepath.Join(dir, owned))
}
