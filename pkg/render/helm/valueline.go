package helm

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// valueOrigin finds the line that set a value which printed a part of text,
// and whether it alone made that part's scalar.
func (t *trace) valueOrigin(l *leaf, text string, from, to int) (o result.Origin, whole, ok bool) {
	part := 0
	value := strings.TrimRight(l.value, "\n")
	scalar := scalarText(text[from:to])
	if n := strings.Count(value, "\n"); n > 0 {
		// The value's last line is the piece's last line.
		below := strings.Count(text[to:], "\n")
		if below > n {
			return o, false, false
		}
		part = n - below
		want := strings.Split(value, "\n")[part]
		whole = strings.TrimSpace(text[from:to]) == strings.TrimSpace(want)
		if !whole {
			return o, false, false
		}
	} else {
		whole = scalar == value || strings.TrimSpace(text[from:to]) == strings.TrimSpace(value) || sameNumber(scalar, value)
	}
	span, ok := t.job.valuesLine(l, part)
	if !ok {
		return o, false, false
	}
	return result.Origin{Span: span, Role: result.RoleValues, Key: strings.ReplaceAll(strings.ReplaceAll(l.path, pathSep+"#", "."), pathSep, ".")}, whole, true
}

// scalarText is what follows the last key or dash of a YAML line, unquoted.
func scalarText(s string) string {
	s = strings.TrimSpace(s)
	for strings.HasPrefix(s, "- ") {
		s = strings.TrimSpace(s[2:])
	}
	if !strings.HasPrefix(s, `"`) && !strings.HasPrefix(s, "'") {
		if i := strings.Index(s, ": "); i >= 0 {
			s = strings.TrimSpace(s[i+2:])
		}
	}
	return strings.Trim(s, `"'`)
}

func sameNumber(a, b string) bool {
	return a != b && strings.TrimSuffix(a, ".0") == strings.TrimSuffix(b, ".0") && a != ""
}

// valuesLine is the line that gives a leaf of the final values its value:
// looked for in the target's layers, then in the values.yaml of the chart and
// of each sub-chart on the way down.
func (j *job) valuesLine(l *leaf, part int) (source.Span, bool) {
	steps := strings.Split(l.path, pathSep)
	paths := [][]string{steps}
	// Helm copies globals into every sub-chart.
	if i := slices.Index(steps, "global"); i > 0 {
		for k := i - 1; k >= 0; k-- {
			paths = append(paths, append(slices.Clone(steps[:k]), steps[i:]...))
		}
	}
	for _, p := range paths {
		for _, layer := range j.layers {
			if s, ok := layer.at(p, l.value, part); ok {
				return s, true
			}
		}
	}
	for _, p := range paths {
		prefix := ""
		for depth := 0; depth < len(p); depth++ {
			if depth > 0 {
				prefix = join(prefix, p[depth-1])
			}
			sub, ok := j.subs[prefix]
			if !ok {
				break
			}
			if sub.source.packed {
				continue
			}
			if s, ok := j.chartLayer(sub).at(p[depth:], l.value, part); ok {
				return s, true
			}
		}
	}
	return source.Span{}, false
}

// chartLayer is a chart's own values.yaml with positions, parsed once.
func (j *job) chartLayer(sub subChart) layer {
	return j.charts.layer(sub)
}
