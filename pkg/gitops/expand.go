package gitops

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Limits of one expansion. Objects that deploy each other, or themselves with
// something changed, could go on for ever.
const (
	maxTargets = 5_000 // that GitOps objects deploy, in all
	maxDepth   = 20    // objects that deploy objects
	maxApps    = 1_000 // Applications of one ApplicationSet
)

// Options say what to expand.
type Options struct {
	Repo *source.Repo
	// Found are the discovered targets.
	Found []result.Target
	// MayDeploy answers false for targets whose output cannot hold a GitOps
	// object, which then are not rendered here.
	MayDeploy func(*result.Target) bool
	// Render renders a target.
	Render func(context.Context, result.Target) (*render.Output, error)
	// Repositories are the URLs that the operator says are this repository.
	Repositories []string
	// Skip answers true for paths that are not looked at. May be nil.
	Skip func(path string) bool
}

// Plan is what a repository deploys, GitOps objects followed.
type Plan struct {
	// Targets are the discovered ones, without what GitOps objects deploy, and
	// those that they do.
	Targets  []result.Target
	followed map[string]bool // names of targets whose objects were followed
	notes    map[string][]result.Stage
}

// node is a target that may hold GitOps objects: found as it stands in the
// repository (bare), one for each file of plain manifests, or deployed by an
// object.
type node struct {
	t       result.Target
	home    int    // of a bare node: index in Options.Found
	key     string // of a bare node: what it covers of home
	root    *node  // the bare node that led here, itself for that
	depth   int
	read    bool
	objects []*manifest.Object
	notes   []result.Stage
}

type expander struct {
	Options
	*origin
	bare  []*node
	all   []*node          // deployed, in order of finding
	known map[string]*node // deployed, by root and content
	read  []*node
	// sought are the names of ConfigMaps and Secrets that were looked for
	// beyond what holds GitOps objects.
	sought map[string]bool
}

// Expand follows the GitOps objects of the discovered targets. A target that
// does not render is left for the run to report. The error is ctx's.
func Expand(ctx context.Context, opt Options) (*Plan, error) {
	if opt.Skip == nil {
		opt.Skip = func(string) bool { return false }
	}
	x := &expander{Options: opt, origin: newOrigin(opt.Repo, opt.Repositories), known: map[string]*node{}, sought: map[string]bool{}}
	level := x.start()
	for len(level) > 0 {
		for _, n := range level {
			if err := x.load(ctx, n); err != nil {
				return nil, err
			}
		}
		var next []*node
		for _, n := range level {
			for _, o := range n.objects {
				next = append(next, x.follow(ctx, n, o)...)
			}
		}
		level = next
	}
	return x.plan(), ctx.Err()
}

// start makes the bare nodes, and returns those that may hold GitOps objects.
func (x *expander) start() (level []*node) {
	add := func(i int, t result.Target, key string) {
		n := &node{t: t, home: i, key: key}
		n.root = n
		x.bare = append(x.bare, n)
		if x.MayDeploy(&t) {
			level = append(level, n)
		}
	}
	for i, t := range x.Found {
		switch {
		case t.Status == result.Skipped || t.Kind == result.KindFiles:
		case t.Kind == result.KindPlain:
			for _, f := range t.Files {
				one := t
				one.Files = []string{f}
				add(i, one, "file:"+f)
			}
		default:
			add(i, t, string(t.Kind)+":"+t.Name)
		}
	}
	return level
}

// load renders a node and keeps its objects.
func (x *expander) load(ctx context.Context, n *node) error {
	if n.read {
		return nil
	}
	n.read = true
	x.read = append(x.read, n)
	out, err := x.Render(ctx, n.t)
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	if err != nil {
		return nil
	}
	for _, d := range out.Documents {
		if d.Parse() == nil && d.Node != nil {
			for _, o := range d.Objects() {
				if wanted(o) {
					n.objects = append(n.objects, o)
				}
			}
		}
	}
	return nil
}

// wanted reports whether the object is one that deploys, or that such a one
// refers to.
func wanted(o *manifest.Object) bool {
	switch o.Key.Group() {
	case argo, fluxHelm, fluxKustomize, fluxSource, fluxArtifact:
		return true
	case "":
		return o.Key.Kind == "ConfigMap" || o.Key.Kind == "Secret"
	}
	return false
}

// follow makes nodes of what an object deploys, and returns those that may
// hold objects themselves.
func (x *expander) follow(ctx context.Context, n *node, o *manifest.Object) (next []*node) {
	var ts []result.Target
	switch {
	case o.Is(argo, "Application"):
		ts = x.application(ctx, n, o)
	case o.Is(argo, "ApplicationSet"):
		for _, app := range x.applicationSet(ctx, n, o) {
			ts = append(ts, x.application(ctx, n, app)...)
		}
	case o.Is(fluxHelm, "HelmRelease"):
		ts = x.helmRelease(ctx, n, o)
	case o.Is(fluxKustomize, "Kustomization"):
		ts = x.kustomization(ctx, n, o)
	}
	for _, t := range ts {
		if t.At.IsZero() {
			t.At = o.At("spec").Location().Primary
		}
		t.From = t.At.Path
		id := n.root.key + "\x00" + content(&t)
		if x.known[id] != nil {
			continue
		}
		const hint = "see whether it deploys itself, and declare in .kustoms.yaml what must be scanned"
		if len(x.all) >= maxTargets {
			x.note(n, o, o.At("spec"), hint, "is not followed: the objects of the repository deploy more than %d targets", maxTargets)
			break
		}
		if n.depth >= maxDepth {
			x.note(n, o, o.At("spec"), hint, "is not followed: objects deploy one another more than %d deep", maxDepth)
			break
		}
		m := &node{t: t, root: n.root, depth: n.depth + 1}
		x.known[id], x.all = m, append(x.all, m)
		if x.MayDeploy(&t) {
			next = append(next, m)
		}
	}
	return next
}

// content tells what two targets render to apart, whatever they are called.
func content(t *result.Target) string {
	c := *t
	c.Name, c.From, c.At = "", "", source.Span{}
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // it is plain data
	}
	var s strings.Builder
	s.Write(b)
	if t.Helm != nil {
		for _, in := range t.Helm.Inline {
			s.WriteString("\x00" + in.Text)
		}
	}
	if t.PostBuild != nil {
		b, err := json.Marshal(t.PostBuild.Vars)
		if err != nil {
			panic(err)
		}
		s.Write(b)
	}
	return s.String()
}

// leadsOut ends the reason of what is broken and not merely elsewhere.
const leadsOut = " leads out of the repository"

// note records that something that an object deploys is not rendered.
func (x *expander) note(n *node, o *manifest.Object, at manifest.Place, hint, format string, args ...any) {
	name := strings.TrimPrefix(o.Key.Namespace+"/"+o.Key.Name, "/")
	st := result.Stage{
		Name: "gitops", Status: result.Skipped, Hint: hint, At: at.Location().Primary,
		Reason: fmt.Sprintf("%s %q: ", o.Key.Kind, name) + fmt.Sprintf(format, args...),
	}
	if strings.HasSuffix(st.Reason, leadsOut) {
		st.Status, st.Hint = result.Failed, "name a path below the root of the repository"
	}
	n.notes = append(n.notes, st)
}

// nearness says how much two nodes have to do with each other: nothing more
// than one root, and otherwise the directories that their roots share.
func nearness(a, b *node) int {
	if a.root == b.root {
		return 1 << 30
	}
	p, q := strings.Split(path.Dir(fileOf(a.root)), "/"), strings.Split(path.Dir(fileOf(b.root)), "/")
	n := 0
	for n < min(len(p), len(q)) && p[n] == q[n] {
		n++
	}
	// Of two that share as much, the one that stands higher.
	return n<<10 + 1<<10 - min(len(p), 1<<10)
}

// find looks an object up: in the output that refers to it, then in what the
// same root leads to, then in what stands nearest to it: each cluster's
// directory may hold an object of the same name. An object without a namespace
// may be applied to any.
func (x *expander) find(ctx context.Context, n *node, group, kind, namespace, name string) *manifest.Object {
	fits := func(m *node) *manifest.Object {
		for _, o := range m.objects {
			if o.Is(group, kind) && o.Key.Name == name && (o.Key.Namespace == namespace || o.Key.Namespace == "" || namespace == "") {
				return o
			}
		}
		return nil
	}
	if o := fits(n); o != nil {
		return o
	}
	for again := false; ; again = true {
		var best *manifest.Object
		nearest := -1
		for _, m := range x.read {
			if near := nearness(m, n); near > nearest {
				if o := fits(m); o != nil {
					best, nearest = o, near
				}
			}
		}
		if best != nil {
			return best
		}
		if again || group != "" || x.sought[name] {
			return nil
		}
		// It may stand in something that holds no GitOps object: a manifest
		// that has its name, or what another object deploys.
		x.sought[name] = true
		for _, m := range x.bare {
			if m.t.Kind == result.KindPlain && !m.read {
				if data, err := x.Repo.ReadFile(m.t.Files[0]); err != nil || !bytes.Contains(data, []byte(name)) {
					continue
				}
				if x.load(ctx, m) != nil {
					return nil
				}
			}
		}
		for _, m := range x.all {
			if m.t.Kind != result.KindHelm && x.load(ctx, m) != nil {
				return nil
			}
		}
	}
}
