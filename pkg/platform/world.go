package platform

import (
	"encoding/json"
	"strings"
)

// World is what a platform's answers are taken from.
type World struct {
	Getenv func(string) string
	// ReadFile reads a file that a variable names.
	ReadFile func(string) ([]byte, error)
	// Head is the commit that is checked out, in full, and Parents those that it
	// follows, the first first; empty outside of a clone.
	Head    string
	Parents []string
}

// first is the first of the variables that is set, and its value.
func (w *World) first(names variables) (name, value string) {
	for _, name := range names {
		if file, at, ok := strings.Cut(name, ":"); ok {
			value = w.text(w.Getenv(file), at)
		} else {
			value = w.Getenv(name)
		}
		if value != "" {
			return name, value
		}
	}
	return "", ""
}

// text is what stands at a path of keys in a JSON file, "" if there is no text.
func (w *World) text(file, at string) string {
	if file == "" {
		return ""
	}
	data, err := w.ReadFile(file)
	if err != nil {
		return ""
	}
	var v any
	if json.Unmarshal(data, &v) != nil {
		return ""
	}
	for key := range strings.SplitSeq(at, ".") {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	s, _ := v.(string)
	return s
}
