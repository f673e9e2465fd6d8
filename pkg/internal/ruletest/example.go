package ruletest

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// Example cuts a fixture for the rule's page: the first thing that is reported,
// with the message on its line, and the first that passes. For a rule about
// single objects a thing is a document, for the others a whole case. yaml and
// archive are the two forms of fixture; either may be nil.
func Example(r *rule.Rule, yaml, archive []byte) rule.Example {
	if yaml == nil {
		return archiveExample(archive)
	}
	var ex rule.Example
	// Cases with parameters or a target of their own come last: on the page,
	// the default is meant.
	var plain, special []Case
	for _, c := range Cases(yaml) {
		if c.Params == "" && c.Target == "" {
			plain = append(plain, c)
		} else {
			special = append(special, c)
		}
	}
	for _, c := range append(plain, special...) {
		things := [][]byte{c.Text}
		if r.Universe == nil {
			things = things[:0]
			for _, ch := range manifest.Split(c.Text) {
				if matches(r, ch.Text) {
					things = append(things, ch.Text)
				}
			}
		}
		for _, text := range things {
			switch wanted := wantComment.Match(text); {
			case wanted && ex.Bad == "":
				ex.Bad = show(text)
			case !wanted && ex.Good == "":
				ex.Good = show(text)
			}
		}
	}
	return ex
}

func matches(r *rule.Rule, text []byte) bool {
	d := &manifest.Document{Text: text}
	if d.Parse() != nil {
		return true // broken on purpose: the rule is about that
	}
	for _, o := range d.Objects() {
		if _, isPod := o.Pod(); r.Object == nil && isPod || r.Object != nil && r.On(o) {
			return true
		}
	}
	return false
}

// archiveExample shows the files of a chart or overlay that hold a fault.
func archiveExample(archive []byte) rule.Example {
	var b strings.Builder
	for _, f := range txtar.Parse(archive).Files {
		if wantComment.Match(f.Data) {
			fmt.Fprintf(&b, "# %s\n%s", f.Name, show(f.Data))
		}
	}
	return rule.Example{Bad: b.String()}
}

// show drops the harness's directives and turns want comments into arrows.
func show(text []byte) string {
	var b strings.Builder
	for _, line := range bytes.SplitAfter(bytes.Trim(text, "\n"), []byte("\n")) {
		l := strings.TrimRight(string(line), "\r\n")
		if directive.MatchString(l) {
			continue
		}
		if m := wantComment.FindStringSubmatchIndex(l); m != nil {
			arrow := "<-- "
			if m[2] >= 0 {
				arrow = "(line " + l[m[2]:m[3]] + ") "
			}
			l = l[:m[0]] + "# " + arrow + strings.Join(unquote(l[m[4]:m[5]]), "; ")
		}
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	return b.String()
}
