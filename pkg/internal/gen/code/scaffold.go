package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const ruleFile = `package %[1]s

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// %[2]s reports …
//
// %[6]s
var %[2]s = &rule.Rule{
	Meta: rule.Meta{
		ID: %[3]q, Severity: result.%[4]s,%[5]s Since: "0.1",
		Title: "",
		Why:   "",
		Fix:   "",
		Refs:  []string{},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
	},
}
`

const fixtureFile = `apiVersion: v1
kind: Pod
metadata:
  name: bad # want "…"
---
apiVersion: v1
kind: Pod
metadata:
  name: good
`

func scaffold(dir, id string, rows []row) error {
	i := slices.IndexFunc(rows, func(r row) bool { return r["id"] == id })
	if i < 0 {
		return fmt.Errorf("%q has no row in catalogue.csv: write it there first", id)
	}
	r := rows[i]
	var name strings.Builder
	for _, w := range strings.Split(id, "-") {
		name.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	off := ""
	if r["default"] == "off" {
		off = " Off: true,"
	}
	sev := strings.ToUpper(r["severity"][:1]) + r["severity"][1:]
	pkg := filepath.Join(dir, r["family"])
	if err := os.MkdirAll(filepath.Join(pkg, "testdata"), 0o777); err != nil {
		return err
	}
	code := fmt.Sprintf(ruleFile, r["family"], name.String(), id, sev, off, wrap(r["semantics"]))
	if err := create(filepath.Join(pkg, strings.ReplaceAll(id, "-", "_")+".go"), code); err != nil {
		return err
	}
	return create(filepath.Join(pkg, "testdata", id+".yaml"), fixtureFile)
}

// create writes a file that must not exist yet.
func create(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	fmt.Println(path)
	return f.Close()
}

// wrap breaks a paragraph into comment lines.
func wrap(text string) string {
	var b strings.Builder
	col := 0
	for _, w := range strings.Fields(text) {
		if col > 0 && col+1+len(w) > 77 {
			b.WriteString("\n//")
			col = 0
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
		col += 1 + len(w)
	}
	return b.String()
}
