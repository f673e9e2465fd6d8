package render

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxcd/pkg/envsubst"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// substituteKey is the label or annotation whose value "disabled" leaves an
// object out of Flux' substitution.
const substituteKey = "kustomize.toolkit.fluxcd.io/substitute"

// maxSubstituted is how many bytes a substitution may give.
const maxSubstituted = 64 << 20

// variableName is what Flux takes for one.
var variableName = regexp.MustCompile(`^[_[:alpha:]][_[:alpha:][:digit:]]*$`)

// Substitute replaces variables in the documents, after the build, with Flux'
// own parser. It goes line by line: Flux takes line ends out of the values, so
// a document keeps its lines and each line its origin.
func (o *Output) Substitute(p *result.PostBuild) error {
	if p == nil || len(p.Vars) == 0 && !p.Always {
		return nil
	}
	vars := make(map[string]string, len(p.Vars))
	longest := 0
	for name, v := range p.Vars {
		if !variableName.MatchString(name) {
			return &Fault{At: p.At, Msg: fmt.Sprintf("%q is no name of a variable", name), Hint: "use letters, digits and _"}
		}
		v = strings.ReplaceAll(v, "\n", "")
		vars[name], longest = v, max(longest, len(v))
	}
	var text bytes.Buffer
	rest := o.Text
	for _, d := range o.Documents {
		i := bytes.Index(rest, d.Text)
		if i < 0 {
			return fmt.Errorf("document at line %d is not in the output", d.Line)
		}
		text.Write(rest[:i])
		rest = rest[i+len(d.Text):]
		if bytes.Contains(d.Text, []byte("${")) && !optedOut(d.Text) {
			if err := substitute(d, vars, longest, p, maxSubstituted-text.Len()); err != nil {
				return err
			}
		}
		text.Write(d.Text)
	}
	text.Write(rest)
	o.Text = text.Bytes()
	return nil
}

func substitute(d *manifest.Document, vars map[string]string, longest int, p *result.PostBuild, room int) error {
	value := func(name string) (string, bool) { return vars[name], true }
	var b bytes.Buffer
	n := 0
	for line := range bytes.Lines(d.Text) {
		n++
		// No form gives more than each byte of a value replaced by the whole
		// expression.
		if c := bytes.Count(line, []byte("${")); c > 0 {
			if room -= c * longest * max(1, bytes.Count(line, []byte("/"))); room < 0 || len(line) > room {
				return &Fault{At: p.At, Msg: fmt.Sprintf("the substitution gives more than %d MB", maxSubstituted>>20)}
			}
			s, err := envsubst.Eval(string(line), value)
			if err != nil {
				at := d.Locate(n, 0).Primary
				return &Fault{At: at, Msg: fmt.Sprintf("variable substitution: %v", err), Hint: "write $${ for a ${ that is no variable, or disable it for the object with " + substituteKey, Err: err}
			}
			line = []byte(s)
		}
		b.Write(line)
	}
	d.Text, d.Node = b.Bytes(), nil
	return nil
}

// optedOut reports whether a document's object is left as it is.
func optedOut(text []byte) bool {
	if !bytes.Contains(text, []byte(substituteKey)) {
		return false
	}
	d := manifest.Document{Text: text}
	if d.Parse() != nil {
		return false
	}
	return slices.ContainsFunc(d.Objects(), func(o *manifest.Object) bool {
		return o.At("metadata", "labels", substituteKey).Str() == "disabled" ||
			o.At("metadata", "annotations", substituteKey).Str() == "disabled"
	})
}
