package helm

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"helm.sh/helm/v3/pkg/chartutil"
)

// yamlRoot parses text to its content node, nil if it is no YAML or no map or
// list.
func yamlRoot(text string) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	if n := doc.Content[0]; n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode {
		return n
	}
	return nil
}

// markLines walks a value and its YAML side by side and collects the marks of
// its scalars by line: a string's own, or the one of the path at which the
// values hold it.
func (t *tracedValues) markLines(v any, n *yaml.Node, path string, known bool, marks map[int]string) {
	if !known {
		path, known = t.holder(v)
	}
	if vals, ok := v.(chartutil.Values); ok {
		v = map[string]any(vals)
	}
	switch v := v.(type) {
	case map[string]any:
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if item, ok := v[key]; ok {
				t.markLines(item, n.Content[i+1], join(path, key), known, marks)
			}
		}
	case []any:
		if n.Kind != yaml.SequenceNode || len(n.Content) != len(v) {
			return
		}
		for i, item := range v {
			t.markLines(item, n.Content[i], join(path, "#"+strconv.Itoa(i)), known, marks)
		}
	case string:
		if m := marksOf(v); m != "" {
			line := n.Line
			if n.Style&yaml.LiteralStyle != 0 { // a block: behind its last line
				line += 1 + strings.Count(strings.TrimRight(n.Value, "\n"), "\n")
			}
			marks[line] += m
		}
	default:
		if i, ok := t.numbers[path]; ok && known {
			marks[n.Line] += valueMark(i)
		}
	}
}

// tracedFromYAML is fromYaml whose strings carry the marks of their lines.
func (t *tracedValues) tracedFromYAML(decode func(string) map[string]any) func(string) map[string]any {
	return func(text string) map[string]any {
		clean := strip(text)
		m := decode(clean)
		if len(clean) == len(text) {
			return m
		}
		if root := yamlRoot(clean); root != nil && root.Kind == yaml.MappingNode {
			lines := strings.Split(text, "\n")
			markStrings(m, root, lines)
		}
		return m
	}
}

// markStrings puts the marks of the lines on which strings of v are written
// behind them, in place.
func markStrings(v any, n *yaml.Node, lines []string) any {
	switch v := v.(type) {
	case map[string]any:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if item, ok := v[n.Content[i].Value]; ok {
				v[n.Content[i].Value] = markStrings(item, n.Content[i+1], lines)
			}
		}
	case []any:
		for i := 0; n.Kind == yaml.SequenceNode && i < len(v) && len(n.Content) == len(v); i++ {
			v[i] = markStrings(v[i], n.Content[i], lines)
		}
	case string:
		if v != "" && n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && n.Line <= len(lines) {
			return v + marksOf(lines[n.Line-1])
		}
	}
	return v
}
