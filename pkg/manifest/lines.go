package manifest

import (
	"bytes"

	"gopkg.in/yaml.v3"
)

// YAML ends a line at more than a line feed: at a lone carriage return, and in
// its version 1.1, which yaml.v3 reads, at three Unicode characters. Editors,
// git and every report count line feeds, so positions are counted again where
// a text holds such characters.

// oddBreaks reports whether the parser may count lines of text otherwise. A
// CRLF is not odd, but rare enough to be counted again.
func oddBreaks(text []byte) bool {
	return bytes.IndexByte(text, '\r') >= 0 || bytes.Contains(text, []byte("\u0085")) ||
		bytes.Contains(text, []byte("\u2028")) || bytes.Contains(text, []byte("\u2029"))
}

// feeds maps the parser's lines of text to lines as people count them: line i+1
// to feeds[i].
func feeds(text []byte) []int {
	out := []int{1}
	line := 1
	for i := 0; i < len(text); {
		n := lineBreak(text[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		if text[i-1] == '\n' {
			line++
		}
		// Past a break that ends the text nothing stands.
		if i < len(text) {
			out = append(out, line)
		}
	}
	return out
}

// lineBreak is the length of the line break that text starts with, 0 if none.
func lineBreak(text []byte) int {
	switch {
	case text[0] == '\n':
		return 1
	case bytes.HasPrefix(text, []byte("\r\n")):
		return 2
	case text[0] == '\r':
		return 1
	case bytes.HasPrefix(text, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(text, []byte("\u2028")), bytes.HasPrefix(text, []byte("\u2029")):
		return 3
	}
	return 0
}

// recount gives the nodes of a document lines as people count them.
func recount(n *yaml.Node, feeds []int) {
	if i := n.Line - 1; i >= 0 {
		n.Line = feeds[min(i, len(feeds)-1)]
	}
	for _, c := range n.Content {
		recount(c, feeds)
	}
}
