package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// isHTTP is krusty's own test for a file that it fetches.
func isHTTP(ref string) bool {
	u, err := url.Parse(ref)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

var scpUser = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*@`)

// isGit reports whether krusty may hand ref to git: it accepts at least what
// krusty's parser of repository URLs accepts.
func isGit(ref string) bool {
	ref = strings.TrimPrefix(strings.ToLower(ref), "git::")
	for _, p := range [...]string{"ssh://", "https://", "http://", "file://", "github.com/", "github.com:"} {
		if strings.HasPrefix(ref, p) {
			return true
		}
	}
	return scpUser.MatchString(ref)
}

// find is the line of value in the field of k, or the nearest one above it.
func (k *kust) find(field, value string) source.Span {
	key, val := k.field(field)
	if n := findScalar(val, value); n != nil && value != "" {
		return source.LineSpan(k.file, n.Line)
	}
	if field == "resources" { // krusty reads bases as resources
		if _, bases := k.field("bases"); bases != nil {
			if n := findScalar(bases, value); n != nil {
				return source.LineSpan(k.file, n.Line)
			}
		}
	}
	if key != nil {
		return source.LineSpan(k.file, key.Line)
	}
	return source.LineSpan(k.file, 1)
}

// field finds a top-level field; kustomization keys match in any case.
func (k *kust) field(name string) (key, value *yaml.Node) { return fieldOf(k.fields, name) }

func fieldOf(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if strings.EqualFold(n.Content[i].Value, name) {
			v := n.Content[i+1]
			if v.Kind == yaml.AliasNode {
				v = v.Alias
			}
			return n.Content[i], v
		}
	}
	return nil, nil
}

// findScalar is the first scalar below n that is value, or holds it after "=".
func findScalar(n *yaml.Node, value string) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		if n.Value == value || strings.HasSuffix(n.Value, "="+value) {
			return n
		}
		return nil
	}
	for _, c := range n.Content {
		if m := findScalar(c, value); m != nil {
			return m
		}
	}
	return nil
}

func (l *loader) fault(k *kust, field, value, msg, hint string) error {
	return &render.Fault{At: k.find(field, value), Msg: msg, Hint: hint}
}

// ErrRemote marks a Fault for a reference that only the network could give.
var ErrRemote = errors.New("remote reference")

func (l *loader) remote(k *kust, field, ref string) error {
	return &render.Fault{
		At:   k.find(field, ref),
		Msg:  fmt.Sprintf("%s: %q is remote, and the network is not used", field, ref),
		Hint: "fetch it into the repository and list its path, or allow the network with --allow-network",
		Err:  ErrRemote,
	}
}

func (l *loader) unreadable(k *kust, field, ref string, err error) error {
	f := &render.Fault{At: k.find(field, ref), Msg: fmt.Sprintf("%s: reading %q: %v", field, ref, err), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Msg = fmt.Sprintf("%s: %q does not exist", field, ref)
	case errors.Is(err, source.ErrOutside):
		f.Msg = fmt.Sprintf("%s: %q leads out of the repository", field, ref)
		f.Hint = "only files of the repository are read; scan from a directory above them"
	}
	return f
}

// plugin follows an entry of generators, transformers or validators: a
// configuration in place, or the path of one.
func (l *loader) plugin(k *kust, field, value string, depth int) error {
	k.following = field
	defer func() { k.following = "" }()
	if docs := manifest.Split([]byte(value)); len(docs) > 0 {
		d := manifest.Document{Text: docs[0].Text}
		if d.Parse() == nil && d.Node != nil && d.Node.Kind == yaml.MappingNode {
			return l.configuration(k, field, value, k.file, []byte(value))
		}
	}
	before := len(k.files)
	subs := len(k.subs)
	err := l.resource(k, value, true, depth)
	k.files, k.subs = k.files[:before], k.subs[:subs] // nothing of it is deployed
	var f *render.Fault
	if errors.As(err, &f) {
		f.Msg = strings.Replace(f.Msg, "resources: ", field+": ", 1)
	}
	return err
}

// helmGenerator is the kind of a generator that inflates a chart.
const helmGenerator = "HelmChartInflationGenerator"

// fileFields are the fields of builtin plugins' configurations that name files.
var fileFields = []string{"path", "paths", "files", "envs", "env", "valuesfile", "additionalvaluesfiles", "targetfilepath"}

// configuration checks the configuration of plugins: only builtin ones, which
// run no program, and no remote files.
func (l *loader) configuration(k *kust, field, value, file string, data []byte) error {
	for _, c := range manifest.Split(data) {
		d := manifest.Document{Text: c.Text}
		if err := d.Parse(); err != nil || d.Node == nil {
			continue // krusty refuses it
		}
		_, kind := fieldOf(d.Node, "kind")
		_, api := fieldOf(d.Node, "apiVersion")
		if kind == nil {
			continue
		}
		fault := &render.Fault{At: k.find(field, value)}
		if file != k.file {
			fault.At = source.LineSpan(file, c.Line+kind.Line-1)
		}
		switch {
		case api == nil || api.Value != "builtin":
			fault.Msg = fmt.Sprintf("%s: the plugin %q would run a program, which is never done", field, kind.Value)
			fault.Hint = "use a builtin plugin, or render it beforehand and commit the result"
			return fault
		case kind.Value == helmGenerator && k.following == "generators":
			c := inflation{field: "generators", at: fault.At}
			if err := errors.Join(d.Node.Decode(&c.HelmChart), d.Node.Decode(&c.HelmGlobals)); err != nil {
				fault.Msg = fmt.Sprintf("%s: %v", field, err)
				return fault
			}
			k.generated = append(k.generated, c)
			l.inflates[k.dir+"\n"+value] = true
			continue
		case kind.Value == helmGenerator:
			fault.Msg = fmt.Sprintf("%s: a chart is inflated through the plugin %q, which is not supported", field, kind.Value)
			fault.Hint = "list the file itself under generators, or the chart under helmCharts of the kustomization"
			return fault
		}
		if len(k.generated) > 0 && k.following == "generators" {
			fault.Msg = fmt.Sprintf("generators: %q comes after a chart, whose objects are added last", kind.Value)
			fault.Hint = "list charts after other generators, and in files of their own"
			return fault
		}
		if n := remoteFile(d.Node, false); n != nil {
			if file != k.file {
				fault.At = source.LineSpan(file, c.Line+n.Line-1)
			}
			fault.Msg = fmt.Sprintf("%s: %q is remote, and the network is not used", field, n.Value)
			fault.Hint = "fetch it into the repository and name its path; --allow-network does not reach for it"
			fault.Err = ErrRemote
			return fault
		}
	}
	return nil
}

// remoteFile finds a scalar that names a remote file.
func remoteFile(n *yaml.Node, names bool) *yaml.Node {
	switch n.Kind {
	case yaml.AliasNode:
		return remoteFile(n.Alias, names)
	case yaml.ScalarNode:
		ref := n.Value
		if i := strings.LastIndexByte(ref, '='); i >= 0 && !isHTTP(ref) {
			ref = ref[i+1:]
		}
		_, after, _ := strings.Cut(n.Value, "=")
		if names && (isHTTP(ref) || isHTTP(after)) {
			return n
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			is := names || slices.Contains(fileFields, strings.ToLower(n.Content[i].Value))
			if m := remoteFile(n.Content[i+1], is); m != nil {
				return m
			}
		}
	default:
		for _, c := range n.Content {
			if m := remoteFile(c, names); m != nil {
				return m
			}
		}
	}
	return nil
}
