package kustomize

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Limits of one build. krusty loads a base again wherever it is listed, so a
// few files can ask for very many loads.
const (
	maxKustomizations = 5_000
	maxDepth          = 100
)

// kust is one kustomization of a build, as often as the build loads it.
type kust struct {
	dir, file string
	types.Kustomization
	fields *yaml.Node // the file's mapping, for positions
	edited *edits     // fields has more than the file
	parent *kust
	at     source.Span // the entry in parent that lists it
	config bool        // its resources configure plugins, they are not deployed
	subs   []*kust     // bases and components, in order
	files  []string    // resource files, in order

	following string      // the field of plugins whose entry is followed
	generated []inflation // charts of generators
}

// chain yields k and the kustomizations that lead to it, innermost first.
func (k *kust) chain(yield func(*kust) bool) {
	for ; k != nil; k = k.parent {
		if !yield(k) {
			return
		}
	}
}

// loader walks the kustomizations that a build will load, before krusty does,
// and refuses what would run a program or reach the network. It decodes each
// file as krusty does, so that it sees what krusty will see.
type loader struct {
	*files
	parsed map[string]*kust // by directory
	all    []*kust
	used   map[string]role // what files are read as
	edits  *edits          // nil for none
	// warnings are those that krusty prints of the files.
	warnings []string

	// charts renders the charts of helmCharts, nil if nothing does, for
	// kubeVersion.
	charts      render.Renderer
	kubeVersion string
	inflated    map[string][]string  // directories whose charts are, and for which namespaces
	inflates    map[string]bool      // directories and their entries of generators that name charts
	made        map[string]*madeFile // by path

	remotes // what the build fetches
}

// role is how a build reads a file. A file can have several.
type role uint8

const (
	asResource role = 1 << iota
	asPatch
	asOther
)

func newLoader(f *files, e *edits, from render.Remote) *loader {
	return &loader{remotes: newRemotes(from), files: f, parsed: map[string]*kust{}, used: map[string]role{}, edits: e, inflated: map[string][]string{}, inflates: map[string]bool{}, made: map[string]*madeFile{}}
}

// load reads the kustomization of dir and all that it leads to.
func (l *loader) load(dir string, parent *kust, at source.Span, config bool, depth int) (*kust, error) {
	if depth > maxDepth {
		return nil, &render.Fault{At: at, Msg: fmt.Sprintf("kustomizations nest deeper than %d", maxDepth)}
	}
	if len(l.all) >= maxKustomizations {
		return nil, &render.Fault{At: at, Msg: fmt.Sprintf("the build loads more than %d kustomizations", maxKustomizations)}
	}
	p, err := l.parse(dir, at)
	if err != nil {
		return nil, err
	}
	k := *p
	k.parent, k.at, k.config = parent, at, config
	for a := range parent.chain {
		if a.dir == k.dir || strings.HasPrefix(a.dir, k.dir+"/") || k.dir == "." {
			return nil, &render.Fault{At: at, Msg: fmt.Sprintf("cycle: %q contains %q, which leads to it", k.dir, a.dir)}
		}
	}
	l.all = append(l.all, &k)
	return &k, l.follow(&k, depth)
}

// parse decodes the kustomization file of dir, once.
func (l *loader) parse(dir string, at source.Span) (*kust, error) {
	if k := l.parsed[dir]; k != nil {
		return k, nil
	}
	k := &kust{dir: dir}
	var data []byte
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		p := path.Join(dir, name)
		d, err := l.read(p)
		switch {
		case err == nil && k.file != "":
			return nil, &render.Fault{At: source.LineSpan(p, 1), Msg: fmt.Sprintf("%q holds more than one kustomization file", dir), Hint: "keep one of them"}
		case err == nil:
			k.file, data = p, d
		case !errors.Is(err, fs.ErrNotExist):
			return nil, &render.Fault{At: at, Msg: fmt.Sprintf("reading %s: %v", p, err), Err: err}
		}
	}
	if k.file == "" {
		if k.file = l.edits.file(dir); k.file != "" {
			data = []byte("kind: Kustomization\n")
		}
	}
	if k.file == "" {
		return nil, &render.Fault{At: at, Msg: fmt.Sprintf("no kustomization file in %q", dir), Hint: "add a kustomization.yaml there, or list the files themselves"}
	}
	doc := manifest.Document{Text: data}
	if err := doc.Parse(); err != nil {
		var pe *manifest.ParseError
		line := 1
		if errors.As(err, &pe) {
			line = pe.Line
		}
		return nil, &render.Fault{At: source.LineSpan(k.file, line), Msg: fmt.Sprintf("not valid YAML: %v", err), Err: err}
	}
	changed, err := l.edits.apply(dir, doc.Node)
	if err == nil && changed {
		k.edited = l.edits
		data, err = yaml.Marshal(doc.Node)
	}
	if err != nil {
		return nil, &render.Fault{At: l.edits.at, Msg: fmt.Sprintf("adding the deployer's options: %v", err), Err: err}
	}
	if err := k.Unmarshal(data); err != nil {
		return nil, &render.Fault{At: unknownField(k.file, doc.Node, err), Msg: err.Error(), Err: err}
	}
	if deprecated := k.CheckDeprecatedFields(); deprecated != nil {
		l.warnings = append(l.warnings, *deprecated...)
	}
	k.FixKustomization()
	k.fields = doc.Node
	l.parsed[dir] = k
	return k, nil
}

// unknownField points at the field that err says is not a kustomization's.
func unknownField(file string, n *yaml.Node, err error) source.Span {
	if _, rest, ok := strings.Cut(err.Error(), `unknown field "`); ok {
		name, _, _ := strings.Cut(rest, `"`)
		if key := findScalar(n, name); key != nil {
			return source.LineSpan(file, key.Line)
		}
	}
	return source.LineSpan(file, 1)
}

// follow walks the references of k.
func (l *loader) follow(k *kust, depth int) error {
	if k.config && transforms(k) {
		return l.fault(k, "", "", "the kustomization of a plugin's configuration may only list resources", "list the configuration files directly")
	}
	for _, r := range k.Resources {
		if err := l.resource(k, r, k.config, depth); err != nil {
			return err
		}
	}
	for _, c := range k.Components {
		sub, err := l.directory(k, "components", c, k.config, depth)
		if err != nil {
			return err
		}
		k.subs = append(k.subs, sub)
	}
	for _, p := range k.plugins() {
		if err := l.plugin(k, p.field, p.value, depth); err != nil {
			return err
		}
	}
	for _, r := range k.loads() {
		if err := l.loaded(k, r); err != nil {
			return err
		}
	}
	return l.inflate(k)
}

// transforms reports whether k does more than list resources.
func transforms(k *kust) bool {
	bare := types.Kustomization{TypeMeta: k.TypeMeta, MetaData: k.MetaData, Resources: k.Resources}
	a, errA := yaml.Marshal(bare)
	b, errB := yaml.Marshal(k.Kustomization)
	return errA != nil || errB != nil || !bytes.Equal(a, b)
}

// resource follows an entry that names a file or a directory, in the order in
// which krusty tries them: a file, then git, then a directory.
func (l *loader) resource(k *kust, ref string, config bool, depth int) error {
	field := "resources"
	if isHTTP(ref) {
		return l.remoteResource(k, ref, config, depth)
	}
	if p, err := l.join(k.dir, ref); err == nil && l.regular(p) {
		data, err := l.read(p)
		if err != nil {
			return l.unreadable(k, field, ref, err)
		}
		return l.resourceFile(k, ref, p, data, config)
	}
	sub, err := l.directory(k, field, ref, config, depth)
	if err != nil {
		return err
	}
	k.subs = append(k.subs, sub)
	return nil
}

// resourceFile takes a file of resources, or of plugins' configuration.
func (l *loader) resourceFile(k *kust, ref, p string, data []byte, config bool) error {
	l.use(p, asResource)
	k.files = append(k.files, p)
	if err := expands(p, data); err != nil {
		return err
	}
	if config {
		return l.configuration(k, "resources", ref, p, data)
	}
	return nil
}

func (l *loader) directory(k *kust, field, ref string, config bool, depth int) (*kust, error) {
	if isGit(ref) {
		dir, err := l.base(k, field, ref)
		if err != nil {
			return nil, err
		}
		return l.load(dir, k, k.find(field, ref), config, depth+1)
	}
	p, err := l.join(k.dir, ref)
	if err != nil {
		return nil, l.unreadable(k, field, ref, err)
	}
	real, err := l.resolve(p)
	if err != nil {
		return nil, l.unreadable(k, field, ref, err)
	}
	return l.load(real, k, k.find(field, ref), config, depth+1)
}

// use notes how the build reads a file, under its real path.
func (l *loader) use(p string, as role) {
	if real, err := l.resolve(p); err == nil {
		l.used[real] |= as
	}
}

// ref is a field of a kustomization and what it names.
type ref struct {
	field, value string
	as           role
}

// plugins lists the entries that configure generators, transformers and
// validators.
func (k *kust) plugins() (out []ref) {
	for _, s := range k.Generators {
		out = append(out, ref{field: "generators", value: s})
	}
	for _, s := range k.Transformers {
		out = append(out, ref{field: "transformers", value: s})
	}
	for _, s := range k.Validators {
		out = append(out, ref{field: "validators", value: s})
	}
	return out
}

// loads lists the files that k reads itself, resources and plugins aside.
func (k *kust) loads() (out []ref) {
	add := func(field, value string, as role) {
		if value != "" {
			out = append(out, ref{field, value, as})
		}
	}
	for _, s := range k.Configurations {
		add("configurations", s, asOther)
	}
	for _, s := range k.Crds {
		add("crds", s, asOther)
	}
	add("openapi", k.OpenAPI["path"], asOther)
	for _, p := range k.Patches {
		add("patches", p.Path, asPatch)
	}
	for _, p := range k.PatchesStrategicMerge {
		add("patchesStrategicMerge", string(p), asPatch)
	}
	for _, p := range k.PatchesJson6902 {
		add("patchesJson6902", p.Path, asOther)
	}
	for _, r := range k.Replacements {
		add("replacements", r.Path, asOther)
	}
	sources := func(field string, s types.KvPairSources) {
		for _, f := range s.FileSources {
			if i := strings.LastIndexByte(f, '='); i >= 0 { // key=path
				f = f[i+1:]
			}
			add(field, f, asOther)
		}
		for _, f := range s.EnvSources {
			add(field, f, asOther)
		}
	}
	for _, g := range k.ConfigMapGenerator {
		sources("configMapGenerator", g.KvPairSources)
	}
	for _, g := range k.SecretGenerator {
		sources("secretGenerator", g.KvPairSources)
	}
	return out
}

// loaded checks a file that k reads.
func (l *loader) loaded(k *kust, r ref) error {
	if isHTTP(r.value) {
		p, data, err := l.fetched(k, r.field, r.value)
		if err != nil {
			return err
		}
		l.use(p, r.as)
		return expands(p, data)
	}
	if r.field == "patchesStrategicMerge" && strings.ContainsAny(r.value, "{\n") {
		return nil // a patch in place
	}
	p, err := l.join(k.dir, r.value)
	if err != nil {
		return l.unreadable(k, r.field, r.value, err)
	}
	data, err := l.read(p)
	if err != nil {
		return l.unreadable(k, r.field, r.value, err)
	}
	l.use(p, r.as)
	return expands(p, data)
}

// expands guards against a document whose aliases expand without bound, before
// krusty expands them.
func expands(p string, data []byte) error {
	if !bytes.ContainsRune(data, '*') || !bytes.ContainsRune(data, '&') {
		return nil
	}
	for _, c := range manifest.Split(data) {
		doc := manifest.Document{Text: c.Text}
		var pe *manifest.ParseError
		if err := doc.Parse(); errors.As(err, &pe) && strings.Contains(pe.Msg, "alias") {
			return &render.Fault{At: source.LineSpan(p, c.Line+pe.Line-1), Msg: pe.Msg, Err: err}
		}
	}
	return nil
}
