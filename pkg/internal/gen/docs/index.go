package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// index lists the rules by family, and by the item of each standard that they
// serve.
func index(families []rule.Family) []byte {
	var b bytes.Buffer
	total := 0
	standards := map[string]map[string][]string{} // standard → item → rule ids
	for _, f := range families {
		total += len(f.Rules)
		for _, r := range f.Rules {
			for _, s := range r.Standards {
				name, item, ok := strings.Cut(s, " ")
				if n, number, cut := strings.Cut(s, "-"); cut && !ok {
					name, item = n, number // CWE-250
				}
				items := []string{item}
				if name == "CIS" { // "CIS 5.2.8 5.2.9"
					items = strings.Fields(item)
				}
				if standards[name] == nil {
					standards[name] = map[string][]string{}
				}
				for _, it := range items {
					standards[name][it] = append(standards[name][it], r.ID)
				}
			}
		}
	}
	fmt.Fprintf(&b, "# Rules\n\n%d built-in rules. `kustoms explain ID` prints a rule's page.\n", total)
	for _, f := range families {
		if len(f.Rules) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| Rule | Severity | Default | What it reports |\n|---|---|---|---|\n", f.Name)
		for _, r := range f.Rules {
			state := "on"
			if r.Off {
				state = "off"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", link(r.ID), r.Severity, state, strings.ReplaceAll(r.Title, "|", `\|`))
		}
	}
	b.WriteString("\n# By standard\n")
	for _, name := range slices.Sorted(maps.Keys(standards)) {
		title, ok := standardTitles[name]
		if !ok {
			title = name
		}
		fmt.Fprintf(&b, "\n## %s\n\n| Item | Rules |\n|---|---|\n", title)
		items := standards[name]
		for _, item := range slices.SortedFunc(maps.Keys(items), byNumber) {
			ids := items[item]
			slices.Sort(ids)
			links := make([]string, len(ids))
			for i, id := range ids {
				links[i] = link(id)
			}
			fmt.Fprintf(&b, "| %s | %s |\n", item, strings.Join(links, ", "))
		}
	}
	return b.Bytes()
}

// standardTitles are the standards' whole names.
var standardTitles = map[string]string{
	"CIS": "CIS Kubernetes Benchmark 1.12",
	"CWE": "CWE",
	"NSA": "NSA/CISA Kubernetes Hardening Guide",
	"PSS": "Pod Security Standards",
}

func link(id string) string { return fmt.Sprintf("[%s](%s.md)", id, id) }

// byNumber orders 5.2.9 before 5.2.10.
func byNumber(a, b string) int {
	pad := func(s string) string {
		var out strings.Builder
		for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == ' ' }) {
			fmt.Fprintf(&out, "%8s.", part)
		}
		return out.String()
	}
	return strings.Compare(pad(a), pad(b))
}
