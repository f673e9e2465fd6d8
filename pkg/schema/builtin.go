package schema

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// builtin is the table of Kubernetes' own kinds, which `make schemas` writes. Its first line names the
// releases. Each other line is a definition's name, the releases that have it
// (bit 0 is the first), and the JSON of its Schema: a definition that does not
// change is one line.
//
//go:embed builtin.txt.gz
var builtin []byte

// releases are the embedded ones, oldest first.
type releases []*release

// release is the definitions of one minor version.
type release struct {
	minor int
	defs  map[string]*line
	kinds map[kind]string // → name of the definition
}

// line is a line of the table, decoded when it is needed.
type line struct {
	once sync.Once
	json []byte
	sc   *Schema
}

var table = sync.OnceValue(func() releases {
	r, err := readTable(builtin)
	if err != nil {
		panic("schema: the embedded table is broken: " + err.Error())
	}
	return r
})

func readTable(packed []byte) (releases, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	head, rest, _ := bytes.Cut(data, []byte("\n"))
	var out releases
	for _, v := range strings.Fields(string(head)) {
		r := &release{defs: map[string]*line{}, kinds: map[kind]string{}}
		if _, err := fmt.Sscanf(v, "v1.%d", &r.minor); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	for text := range bytes.Lines(rest) {
		name, text, _ := bytes.Cut(text, []byte("\t"))
		hex, text, ok := bytes.Cut(text, []byte("\t"))
		mask, err := strconv.ParseUint(string(hex), 16, 32)
		if err != nil || !ok {
			return nil, fmt.Errorf("definition %q: %w", name, err)
		}
		l := &line{json: text}
		kinds, err := kindsOf(text)
		if err != nil {
			return nil, err
		}
		for i, r := range out {
			if mask&(1<<i) == 0 {
				continue
			}
			r.defs[string(name)] = l
			for _, k := range kinds {
				r.kinds[k] = string(name)
			}
		}
	}
	return out, nil
}

// kindsOf reads the kinds that a definition stands for off the end of its line,
// where the generator writes them.
func kindsOf(text []byte) ([]kind, error) {
	i := bytes.LastIndex(text, []byte(`"gvk":`))
	if i < 0 {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal(bytes.TrimSuffix(bytes.TrimSpace(text[i+len(`"gvk":`):]), []byte("}")), &names); err != nil {
		return nil, err
	}
	var out []kind
	for _, n := range names {
		slash := strings.LastIndexByte(n, '/')
		out = append(out, kind{n[:slash], n[slash+1:]})
	}
	return out, nil
}

// nearest is the release of the minor version, or the one closest to it.
func (rs releases) nearest(minor int) *release {
	return rs[min(max(minor-rs[0].minor, 0), len(rs)-1)]
}

// Embedded is the range of minor versions of Kubernetes 1 with schemas.
func Embedded() (oldest, newest int) {
	rs := table()
	return rs[0].minor, rs[len(rs)-1].minor
}

func (r *release) definition(name string) *Schema {
	l := r.defs[name]
	if l == nil {
		return nil
	}
	l.once.Do(func() {
		l.sc = &Schema{}
		if err := json.Unmarshal(l.json, l.sc); err != nil {
			panic("schema: the embedded definition " + name + " is broken: " + err.Error())
		}
		l.json = nil
	})
	return l.sc
}
