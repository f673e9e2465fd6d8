// Command schema writes pkg/schema/builtin.txt.gz: the schemas of Kubernetes'
// own kinds in the newest minor versions, from the OpenAPI documents that the
// k8s.io/kubernetes modules publish. The enums, which those documents leave
// out, come from the generated Go code beside them. It downloads the modules
// through the Go command, which checks their sums.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/internal/gen"
)

// releases are the embedded versions, oldest first. The bit of a version in
// the table is its place here. A new one pushes the oldest out.
var releases = []string{"v1.33.0", "v1.34.0", "v1.35.4", "v1.36.3", "v1.37.2"}

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "pkg/schema", "the package that embeds the table")
	flag.Parse()
	out, err := generate(*dir, nil)
	if err == nil {
		err = out.Write("")
	}
	if err != nil {
		log.Fatal(err)
	}
}

// node mirrors schema.Schema as it is written; see there.
type node struct {
	Type     string           `json:"t,omitempty"`
	Format   string           `json:"f,omitempty"`
	Ref      string           `json:"ref,omitempty"`
	Props    map[string]*node `json:"p,omitempty"`
	Required []string         `json:"r,omitempty"`
	Values   *node            `json:"v,omitempty"`
	Items    *node            `json:"i,omitempty"`
	Enum     []string         `json:"e,omitempty"`
	Keys     []string         `json:"k,omitempty"`
	Set      bool             `json:"s,omitempty"`
	Atomic   bool             `json:"a,omitempty"`
	Kinds    []string         `json:"gvk,omitempty"` // apiVersion/Kind
}

// document is what is read of an OpenAPI v2 document.
type document struct {
	Definitions map[string]*definition `json:"definitions"`
}

type definition struct {
	Type       string                 `json:"type"`
	Format     string                 `json:"format"`
	Ref        string                 `json:"$ref"`
	Properties map[string]*definition `json:"properties"`
	Required   []string               `json:"required"`
	Additional *definition            `json:"additionalProperties"`
	Items      *definition            `json:"items"`
	Keys       []string               `json:"x-kubernetes-list-map-keys"`
	ListType   string                 `json:"x-kubernetes-list-type"`
	MapType    string                 `json:"x-kubernetes-map-type"`
	Kinds      []struct {
		Group, Version, Kind string
	} `json:"x-kubernetes-group-version-kind"`
}

func generate(dir string, env []string) (gen.Files, error) {
	masks := map[string]map[string]int{} // name → shape → versions
	var header []string
	for i, release := range releases {
		shapes, err := read(release, env)
		if err != nil {
			return nil, err
		}
		header = append(header, release)
		for name, shape := range shapes {
			if masks[name] == nil {
				masks[name] = map[string]int{}
			}
			masks[name][shape] |= 1 << i
		}
	}
	var text bytes.Buffer
	fmt.Fprintln(&text, strings.Join(header, " "))
	for _, name := range slices.Sorted(maps.Keys(masks)) {
		shapes := masks[name]
		for _, shape := range slices.SortedFunc(maps.Keys(shapes), func(a, b string) int { return cmp.Compare(shapes[a], shapes[b]) }) {
			fmt.Fprintf(&text, "%s\t%x\t%s\n", name, shapes[shape], shape)
		}
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text.Bytes()); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return gen.Files{filepath.Join(dir, "builtin.txt.gz"): packed.Bytes()}, nil
}

// module is the folder of a release's module, downloaded if it must be.
func module(release string, env []string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", "k8s.io/kubernetes@"+release)
	cmd.Env = append(os.Environ(), env...)
	data, err := cmd.Output()
	var m struct{ Dir, Error string }
	if jerr := json.Unmarshal(data, &m); jerr != nil || m.Dir == "" {
		return "", fmt.Errorf("k8s.io/kubernetes@%s: %s %w", release, m.Error, cmp.Or(err, jerr))
	}
	return m.Dir, nil
}

// read makes the definitions of one release, each as its JSON.
func read(release string, env []string) (map[string]string, error) {
	root, err := module(release, env)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(root, "api/openapi-spec/swagger.json"))
	if err != nil {
		return nil, err
	}
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	enums, err := readEnums(filepath.Join(root, "pkg/generated/openapi/zz_generated.openapi.go"))
	if err != nil {
		return nil, err
	}
	nodes := map[string]*node{}
	var add func(name string)
	var convert func(d *definition) *node
	convert = func(d *definition) *node {
		if ref, ok := strings.CutPrefix(d.Ref, "#/definitions/"); ok {
			if n := special(ref, doc.Definitions[ref]); n != nil {
				return n
			}
			add(ref)
			return &node{Ref: ref}
		}
		n := &node{Type: d.Type, Format: d.Format, Required: d.Required, Set: d.ListType == "set", Atomic: d.MapType == "atomic"}
		if d.ListType == "map" {
			n.Keys = d.Keys
		}
		if d.Additional != nil {
			n.Values = convert(d.Additional)
		}
		if d.Items != nil {
			n.Items = convert(d.Items)
		}
		for name, p := range d.Properties {
			if n.Props == nil {
				n.Props = map[string]*node{}
			}
			n.Props[name] = convert(p)
		}
		return n
	}
	add = func(name string) {
		if nodes[name] != nil {
			return
		}
		nodes[name] = &node{} // recursive types
		d := doc.Definitions[name]
		n := convert(d)
		for field, values := range enums[goName(name)] {
			if p := n.Props[field]; p == nil {
				continue
			} else if p.Items != nil {
				p.Items.Enum = values
			} else {
				p.Enum = values
			}
		}
		for _, k := range d.Kinds {
			n.Kinds = append(n.Kinds, strings.TrimPrefix(k.Group+"/", "/")+k.Version+"/"+k.Kind)
		}
		nodes[name] = n
	}
	for name, d := range doc.Definitions {
		// Lists stand for their items; kinds of every group are options of
		// requests.
		if len(d.Kinds) == 1 && (d.Properties["items"] == nil || d.Properties["spec"] != nil) {
			add(name)
		}
	}
	out := map[string]string{}
	for name, n := range nodes {
		data, err := json.Marshal(n)
		if err != nil {
			return nil, err
		}
		out[name] = string(data)
	}
	return out, nil
}

// special are types whose meaning the document's type does not tell.
func special(name string, d *definition) *node {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "Quantity":
		return &node{Type: "string", Format: "quantity"}
	case "IntOrString":
		return &node{Type: "string", Format: "int-or-string"}
	}
	if len(d.Properties) == 0 && d.Additional == nil && d.Type != "array" {
		return &node{Type: d.Type, Format: d.Format} // RawExtension, JSON, Time
	}
	return nil
}
