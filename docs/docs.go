// Package docs carries the rules' pages in the binary, so that `kustoms
// explain` prints what docs/rules shows. `make generate` writes the pages from
// the rules and their fixtures: an example in them is a tested one.
package docs

import "embed"

//go:embed rules/[a-z]*.md
var rules embed.FS

// Rule is the page of the built-in rule with the given id; ok is false if it
// has none.
func Rule(id string) (page string, ok bool) {
	data, err := rules.ReadFile("rules/" + id + ".md")
	return string(data), err == nil && id != "index"
}
