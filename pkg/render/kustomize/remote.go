package kustomize

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// What a kustomization names by its address is fetched before krusty runs, put
// into memory below remoteDir, and named by its path there in the
// kustomization that krusty gets. A repository is a directory at the top; a
// file is below the kustomization, out of which krusty lets no file lead.
const (
	remoteDir = ".kustoms-remote"
	maxRemote = 512 << 20 // bytes of one build's remote repositories
)

// remotes is what one build fetches.
type remotes struct {
	from  render.Remote // nil: nothing is fetched
	trees map[render.TreeRef]string
	at    map[string]source.Span       // directories and files in memory, and the line that lists each
	swaps map[string]map[string]string // directory of a kustomization → field and address → path
	uses  []Use
	bytes int
}

// Use is something remote that a build reads.
type Use struct {
	Ref string
	At  source.Span
}

// newRemotes fetches from one that may be nil.
func newRemotes(from render.Remote) remotes {
	return remotes{from: from, trees: map[render.TreeRef]string{}, at: map[string]source.Span{}, swaps: map[string]map[string]string{}}
}

// root is the directory or file in memory that p is in, "" for none.
func (r *remotes) root(p string) string {
	if !strings.Contains(p, remoteDir) {
		return ""
	}
	for p != "." && p != "/" {
		if _, ok := r.at[p]; ok {
			return p
		}
		p = path.Dir(p)
	}
	return ""
}

// listed is the line that a person can edit for a place in what was fetched.
func (r *remotes) listed(s source.Span) (source.Span, bool) {
	root := r.root(s.Path)
	if root == "" {
		return s, false
	}
	return r.at[root], true
}

// lines puts the lines that list it in the place of lines in what was fetched.
func (r *remotes) lines(l srcmap.Line) srcmap.Line {
	if len(r.at) == 0 {
		return l
	}
	out := srcmap.Line{Exact: l.Exact}
	for _, o := range l.Chain {
		if at, ok := r.listed(o.Span); ok {
			o, out.Exact = result.Origin{Span: at, Role: result.RoleKustomization}, false
			if slices.Contains(out.Chain, o) {
				continue
			}
		}
		out.Chain = append(out.Chain, o)
	}
	return out
}

// placed gives a fault in what was fetched the line that lists it.
func (r *remotes) placed(err error) error {
	var f *render.Fault
	if errors.As(err, &f) {
		if at, ok := r.listed(f.At); ok {
			g := *f
			g.At, g.Msg = at, fmt.Sprintf("%s: %s", strings.TrimPrefix(f.At.String(), r.root(f.At.Path)+"/"), f.Msg)
			return &g
		}
	}
	return err
}

// swap has krusty read p where k names ref.
func (r *remotes) swap(k *kust, field, ref, p string) {
	if r.swaps[k.dir] == nil {
		r.swaps[k.dir] = map[string]string{}
	}
	r.swaps[k.dir][field+"\n"+ref] = p
}

// swapped is n, the fields of the kustomization of dir, with paths for
// addresses. Nodes that stay the same are the same nodes.
func (r *remotes) swapped(dir string, n *yaml.Node) *yaml.Node {
	for _, key := range slices.Sorted(maps.Keys(r.swaps[dir])) {
		field, ref, _ := strings.Cut(key, "\n")
		names := []string{field}
		if field == "resources" { // krusty reads bases as resources
			names = append(names, "bases")
		}
		c := *n
		c.Content = slices.Clone(n.Content)
		for i := 0; i+1 < len(c.Content); i += 2 {
			if slices.ContainsFunc(names, func(f string) bool { return strings.EqualFold(f, c.Content[i].Value) }) {
				c.Content[i+1] = exchanged(c.Content[i+1], ref, r.swaps[dir][key])
			}
		}
		n = &c
	}
	return n
}

// literalFields of entries hold no addresses that krusty reads.
var literalFields = []string{"literals", "patch", "target", "options"}

func exchanged(n *yaml.Node, ref, p string) *yaml.Node {
	n = resolve(n)
	if n.Kind == yaml.ScalarNode {
		before, ok := strings.CutSuffix(n.Value, ref)
		if !ok || before != "" && !strings.HasSuffix(before, "=") {
			return n
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: before + p, Line: n.Line, Column: n.Column}
	}
	c := *n
	c.Content = slices.Clone(n.Content)
	changed := false
	for i, m := range n.Content {
		if n.Kind == yaml.MappingNode && (i%2 == 0 || slices.Contains(literalFields, n.Content[i-1].Value)) {
			continue
		}
		c.Content[i] = exchanged(m, ref, p)
		changed = changed || c.Content[i] != m
	}
	if !changed {
		return n
	}
	return &c
}

// base fetches the repository that ref names and gives the directory of the
// kustomization in it.
func (l *loader) base(k *kust, field, ref string) (string, error) {
	tree, dir, err := parseRepository(ref)
	if err != nil {
		return "", &render.Fault{At: k.find(field, ref), Msg: fmt.Sprintf("%s: %q is remote: %v", field, ref, err), Hint: "name it by its https:// address, or fetch it into the repository and list its path", Err: ErrRemote}
	}
	if l.remotes.from == nil {
		return "", l.remote(k, field, ref)
	}
	root, ok := l.trees[tree]
	if !ok {
		files, err := l.from.Tree(l.ctx, tree)
		if err != nil {
			return "", l.missing(k, field, ref, err)
		}
		root = path.Join(remoteDir, fmt.Sprint(len(l.trees)))
		for p, data := range files {
			l.add(path.Join(root, p), data)
			l.bytes += len(data)
		}
		if l.bytes > maxRemote {
			return "", l.fault(k, field, ref, fmt.Sprintf("%s: with %q the build's remote repositories hold more than %d MB", field, ref, maxRemote>>20), "fetch what is needed into the repository and list its path")
		}
		l.trees[tree] = root
		l.note(k, field, ref, root)
	}
	l.swap(k, field, ref, relative(k.dir, path.Join(root, dir)))
	return path.Join(root, dir), nil
}

// fetched gets the file at an address, and gives its path in memory.
func (l *loader) fetched(k *kust, field, ref string) (string, []byte, error) {
	if l.remotes.from == nil {
		return "", nil, l.remote(k, field, ref)
	}
	data, err := l.from.File(l.ctx, ref)
	if err != nil {
		return "", nil, l.missing(k, field, ref, err)
	}
	// As a key of a ConfigMap the file has the name that its address ends in.
	rel := path.Join(remoteDir, fmt.Sprintf("file-%d", len(l.at)), path.Base(ref))
	p := path.Join(k.dir, rel)
	l.add(p, data)
	l.note(k, field, ref, p)
	l.swap(k, field, ref, rel)
	return p, data, nil
}

// remoteResource follows an entry that is an address: a file, or a repository
// with a base. krusty asks for a file first, whatever the address looks like.
func (l *loader) remoteResource(k *kust, ref string, config bool, depth int) error {
	const field = "resources"
	u, err := url.Parse(ref)
	if err != nil {
		return l.remote(k, field, ref)
	}
	_, _, notRepository := parseRepository(ref)
	marked := strings.Contains(u.Path, "//") || strings.Contains(u.Path, ".git") || strings.Contains(u.Path, "_git/") || u.Query().Get("ref")+u.Query().Get("version") != ""
	if notRepository != nil || !marked || slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(u.Path)) {
		p, data, err := l.fetched(k, field, ref)
		if err == nil && (notRepository != nil || describes(data)) {
			return l.resourceFile(k, ref, p, data, config)
		}
		var f *render.Fault
		if err != nil && (notRepository != nil || errors.As(err, &f) && f.Hint != "") { // one with a hint was refused
			return err
		}
	}
	sub, err := l.directory(k, field, ref, config, depth)
	if err != nil {
		return err
	}
	k.subs = append(k.subs, sub)
	return nil
}

// describes reports whether data may be resources, and not a page of a site.
func describes(data []byte) bool {
	docs := manifest.Split(data)
	if len(docs) == 0 {
		return false
	}
	d := manifest.Document{Text: docs[0].Text}
	return d.Parse() == nil && d.Node != nil && d.Node.Kind == yaml.MappingNode
}

func (l *loader) note(k *kust, field, ref, p string) {
	l.at[p] = k.find(field, ref)
	if at, ok := l.listed(l.at[p]); ok {
		l.at[p] = at // in something remote itself
	}
	l.uses = append(l.uses, Use{Ref: ref, At: l.at[p]})
}

// missing places the error of something that was not to be had.
func (l *loader) missing(k *kust, field, ref string, err error) error {
	f := *render.AsFault(err)
	f.At, f.Msg, f.Err = k.find(field, ref), field+": "+f.Msg, errors.Join(ErrRemote, err)
	return &f
}

// packedFile is a file of a packaged chart, nil if it has none.
func packedFile(data []byte, name string) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(io.LimitReader(z, maxInput)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if _, below, _ := strings.Cut(path.Clean(h.Name), "/"); below == name {
			return io.ReadAll(r)
		}
	}
}

// join is Repo.Join for a reference of k; none leads out of a repository that
// was fetched, or into one.
func (l *loader) join(dir, ref string) (string, error) {
	p, err := l.repo.Join(dir, ref)
	if err == nil && l.root(dir) != "" && l.root(dir) != l.root(p) {
		err = fmt.Errorf("%s: %w", ref, source.ErrOutside)
	}
	return p, err
}

// relative is the path of to as seen from dir, both of the repository.
func relative(dir, to string) string {
	up := ""
	for d := dir; d != "."; d = path.Dir(d) {
		if rest, ok := strings.CutPrefix(to+"/", d+"/"); ok {
			return path.Join(up, rest, ".")
		}
		up += "../"
	}
	return path.Join(up, to)
}

// parseRepository splits an address as krusty's parser of repositories does:
// at "_git/NAME", "//" or ".git", or after the organisation and the name.
func parseRepository(ref string) (tree render.TreeRef, dir string, err error) {
	ref, query, _ := strings.Cut(ref, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		q = nil // as krusty does
	}
	if tree.Revision = q.Get("ref"); tree.Revision == "" {
		tree.Revision = q.Get("version")
	}
	if len(ref) >= 5 && strings.EqualFold(ref[:5], "git::") {
		ref = ref[5:]
	}
	scheme, rest, ok := strings.Cut(ref, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case !ok && strings.HasPrefix(strings.ToLower(ref), "github.com/"):
		scheme, rest = "https", ref
	case !ok || scheme != "https" && scheme != "http":
		return tree, "", errors.New("repositories are fetched over HTTPS alone")
	}
	host, rest, _ := strings.Cut(rest, "/")
	if host == "" || strings.Contains(host, "@") {
		return tree, "", errors.New("its host is missing, or has a user before it")
	}
	repo, dir := "", ""
	if i := strings.Index(rest, "_git/"); i >= 0 {
		name, below, _ := strings.Cut(rest[i+len("_git/"):], "/")
		repo, dir = rest[:i]+"_git/"+name, below
	} else if before, after, ok := strings.Cut(rest, "//"); ok {
		repo, dir = before, after
	} else if before, after, ok := strings.Cut(rest, ".git"); ok {
		repo, dir = before+".git", after
	} else if parts := strings.SplitN(rest, "/", 3); len(parts) >= 2 {
		repo = parts[0] + "/" + parts[1]
		if len(parts) == 3 {
			dir = parts[2]
		}
	}
	dir = path.Clean(strings.TrimPrefix(dir, "/"))
	if strings.Trim(repo, "/") == "" || dir == ".." || strings.HasPrefix(dir, "../") || path.IsAbs(dir) {
		return tree, "", errors.New("it names no repository, or leads out of it")
	}
	tree.Repository = scheme + "://" + host + "/" + repo
	return tree, dir, nil
}
