package helm

import (
	"encoding/base64"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"helm.sh/helm/v3/pkg/chart"
)

// files is .Files: the chart's files that are no templates. Names may come
// from traced values, so they are stripped of marks.
type files map[string][]byte

func newFiles(from []*chart.File) files {
	fs := make(files, len(from))
	for _, f := range from {
		fs[f.Name] = f.Data
	}
	return fs
}

// GetBytes is the file's content, empty if there is none.
func (f files) GetBytes(name string) []byte {
	if v, ok := f[strip(name)]; ok {
		return v
	}
	return []byte{}
}

// Get is GetBytes as a string.
func (f files) Get(name string) string { return string(f.GetBytes(name)) }

// Glob is the files whose names match.
func (f files) Glob(pattern string) files {
	g, err := glob.Compile(strip(pattern), '/')
	if err != nil {
		g = glob.MustCompile("**")
	}
	out := files{}
	for name, data := range f {
		if g.Match(name) {
			out[name] = data
		}
	}
	return out
}

// AsConfig is the files as the data of a ConfigMap.
func (f files) AsConfig() string {
	return f.flat(func(data []byte) string { return string(data) })
}

// AsSecrets is the files as the data of a Secret.
func (f files) AsSecrets() string { return f.flat(base64.StdEncoding.EncodeToString) }

func (f files) flat(encode func([]byte) string) string {
	if f == nil {
		return ""
	}
	m := make(map[string]string, len(f))
	for name, data := range f {
		m[path.Base(name)] = encode(data)
	}
	return toYAML(m)
}

// Lines is the file's lines.
func (f files) Lines(name string) []string {
	s := string(f[strip(name)])
	if s == "" {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
