package discover

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// readManifest classifies a file: nil if no document of it is a Kubernetes
// object. Documents are parsed only where their text leaves a doubt.
func readManifest(p string, data []byte) *file {
	f := &file{path: p}
	found, doubt := false, bytes.Contains(data, []byte("{{"))
	for _, c := range manifest.Split(data) {
		if !manifestKeys(c.Text) {
			continue
		}
		plain := manifestLines(c.Text)
		if plain && !doubt {
			found = true
			continue
		}
		d, err := parse(p, c)
		if err == nil && doubt {
			err = templated(d.Node, c.Line)
		}
		if err != nil {
			if plain {
				found = true
				if doubt && f.broken == "" {
					f.broken = fmt.Sprintf("holds template actions ({{ }}) outside of a chart and is no YAML without being rendered (%v)", err)
				}
			}
			continue
		}
		for _, o := range d.Objects() {
			found = found || !isForeign(o.Key.APIVersion)
		}
	}
	if !found {
		return nil
	}
	return f
}

// templated finds "{{ x }}" that YAML takes for a mapping inside a mapping's
// key, which no manifest has.
func templated(n *yaml.Node, first int) error {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Kind == yaml.MappingNode {
			return &manifest.ParseError{Line: first + c.Line - 1, Msg: "template action as a value"}
		}
		if err := templated(c, first); err != nil {
			return err
		}
	}
	return nil
}

// parse parses one document of the file p.
func parse(p string, c manifest.Chunk) (*manifest.Document, error) {
	d := &manifest.Document{Path: p, Text: c.Text, Line: c.Line, Map: srcmap.Identity(p, c.Line)}
	err := d.Parse()
	if pe, ok := err.(*manifest.ParseError); ok {
		pe.Line += c.Line - 1
	}
	return d, err
}

// manifestKeys is a cheap test that no manifest fails.
func manifestKeys(text []byte) bool {
	return bytes.Contains(text, []byte("apiVersion")) && bytes.Contains(text, []byte("kind"))
}

// manifestLines reports whether the document's own keys, unquoted and at the
// start of a line, are those of an object that is applied.
func manifestLines(text []byte) bool {
	var api, kind bool
	for line := range bytes.Lines(text) {
		if v, ok := bytes.CutPrefix(line, []byte("apiVersion:")); ok {
			api = !isForeign(strings.Trim(string(v), " \t\r\n\"'"))
		}
		kind = kind || bytes.HasPrefix(line, []byte("kind:"))
	}
	return api && kind
}

// isForeign reports whether an API is that of a tool's own file, which has
// the shape of an object but is never given to a cluster.
func isForeign(apiVersion string) bool {
	group, _, _ := strings.Cut(apiVersion, "/")
	switch group {
	case "skaffold", "backstage.io", "kind.x-k8s.io", "k3d.io", "ctlptl.dev", "kustomize.config.k8s.io", "builtin", "schema.plugin.fluxcd.io":
		return true
	}
	return false
}
