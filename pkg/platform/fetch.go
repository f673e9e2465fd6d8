package platform

import (
	_ "embed"
	"strings"
)

//go:embed fetch.sh
var fetch string

// FetchScript is a script for sh that brings the revisions from origin, and of
// those in reach the history back to where HEAD and they part. It is "" if there
// is nothing to bring.
func FetchScript(bring, reach []string) string {
	if len(bring)+len(reach) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(fetch)
	for _, r := range bring {
		b.WriteString("bring " + quote(r) + "\n")
	}
	for _, r := range reach {
		b.WriteString("reach " + quote(r) + "\n")
	}
	return b.String()
}

// quote makes s one word of a shell, whatever it holds.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
