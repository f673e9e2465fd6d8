package gitops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/gobwas/glob"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// app is an Argo CD Application as one of its sources is read.
type app struct {
	*manifest.Object
	ctx  context.Context           // of this one reading
	refs map[string]manifest.Place // sources that others name as $ref
	src  manifest.Place
	dir  string // src.path in this repository
}

// application reads an Argo CD Application: a target for each of its sources
// that is in this repository.
func (x *expander) application(ctx context.Context, n *node, o *manifest.Object) (out []result.Target) {
	spec := o.At("spec")
	refs := map[string]manifest.Place{}
	deployed := 0
	for s := range sourcesOf(spec) {
		if r := s.At("ref").Str(); r != "" {
			refs[r] = s
		}
		if s.At("path").Exists() || s.At("chart").Exists() {
			deployed++
		}
	}
	if deployed == 0 {
		x.note(n, o, spec, "", "deploys sources that it does not name")
		return nil
	}
	for s := range sourcesOf(spec) {
		if !s.At("path").Exists() && !s.At("chart").Exists() {
			continue
		}
		a := &app{Object: o, ctx: ctx, refs: refs, src: s}
		t, why := x.argoSource(a)
		if why != "" {
			hint := declare
			if s.At("chart").Exists() {
				hint = "pull the chart into the repository and declare it as a target in .kustoms.yaml"
			}
			x.note(n, o, s, hint, "%s", why)
			continue
		}
		t.Name = targetName(o)
		if deployed > 1 {
			t.Name += "[" + cmp.Or(s.At("name").Str(), a.dir) + "]"
		}
		t.At = s.Location().Primary
		out = append(out, t)
	}
	return out
}

// argoSource makes the target of one source; why says why there is none.
func (x *expander) argoSource(a *app) (t result.Target, why string) {
	s := a.src
	if s.At("chart").Exists() {
		return t, "deploys " + sourceName(s) + ", which is not in this repository"
	}
	p := s.At("path").Str()
	dir, err := x.Repo.Join(".", strings.TrimLeft(p, "/"))
	if err != nil {
		return t, "path " + quote(p) + leadsOut
	}
	a.dir = dir
	switch _, err := x.Repo.Stat(dir); {
	case errors.Is(err, source.ErrOutside):
		return t, "path " + quote(p) + leadsOut
	case !x.is(s.At("repoURL").Str(), x.exists(dir)):
		return t, "deploys " + sourceName(s) + ", which is not this repository"
	case err != nil || !x.Repo.IsDir(dir):
		return t, "deploys path " + quote(p) + ", and there is no such directory in this repository"
	case x.Skip(dir):
		return t, "deploys path " + quote(p) + ", which is excluded"
	case s.At("plugin").Exists():
		return t, "deploys path " + quote(p) + " through a plugin, which would run a program"
	}
	t.Path = dir
	t.Namespace = a.At("spec", "destination", "namespace").Str()
	switch {
	case s.At("helm").Exists():
		why = x.argoHelm(a, &t)
	case s.At("kustomize").Exists():
		why = x.argoKustomize(a, &t)
	case s.At("directory").Exists():
		why = x.argoDirectory(a, &t)
	case x.isOverlay(dir):
		why = x.argoKustomize(a, &t)
	case x.Repo.Exists(path.Join(dir, "Chart.yaml")):
		why = x.argoHelm(a, &t)
	default:
		why = x.argoDirectory(a, &t)
	}
	return t, why
}

// env replaces the variables that Argo CD sets for a build.
func (a *app) env(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	rev := cmp.Or(a.src.At("targetRevision").Str(), "HEAD")
	vars := map[string]string{
		"ARGOCD_APP_NAME": a.Key.Name, "ARGOCD_APP_NAMESPACE": a.At("spec", "destination", "namespace").Str(),
		"ARGOCD_APP_PROJECT_NAME": a.At("spec", "project").Str(), "ARGOCD_APP_SOURCE_PATH": a.src.At("path").Str(),
		"ARGOCD_APP_SOURCE_REPO_URL": a.src.At("repoURL").Str(), "ARGOCD_APP_SOURCE_TARGET_REVISION": rev,
	}
	// The longer name first: one is the start of another.
	for _, k := range slices.Backward(slices.Sorted(maps.Keys(vars))) {
		s = strings.NewReplacer("${"+k+"}", vars[k], "$"+k, vars[k]).Replace(s)
	}
	return s
}

func (x *expander) argoHelm(a *app, t *result.Target) (why string) {
	h := a.src.At("helm")
	out := &result.Helm{
		Release:   cmp.Or(h.At("releaseName").Str(), a.Key.Name),
		Namespace: cmp.Or(h.At("namespace").Str(), t.Namespace),
		SkipCRDs:  h.At("skipCrds").IsTrue(), SkipTests: h.At("skipTests").IsTrue(), SkipSchema: h.At("skipSchemaValidation").IsTrue(),
		APIVersions: h.At("apiVersions").Strings(),
	}
	t.Kind, t.Helm, t.KubeVersion = result.KindHelm, out, h.At("kubeVersion").Str()
	missing := h.At("ignoreMissingValueFiles").IsTrue()
	for _, f := range h.At("valueFiles").Strings() {
		files, why := x.valueFile(a, a.env(f), missing)
		if why != "" {
			return "values file " + quote(f) + " " + why
		}
		out.ValueFiles = append(out.ValueFiles, files...)
	}
	// The object takes the place of the text.
	if in, ok := layer(h.At("valuesObject")); ok {
		out.Inline = append(out.Inline, in)
	} else if v := h.At("values"); v.Str() != "" {
		out.Inline = append(out.Inline, document(v, a.env(v.Str())))
	}
	for _, forced := range []bool{false, true} {
		for p := range h.At("parameters").Items() {
			if p.At("forceString").IsTrue() != forced {
				continue
			}
			v := p.At("value")
			in := result.Inline{Path: p.At("name").Str(), Text: commas(a.env(v.Str())), String: forced, At: v.Location().Primary}
			out.Inline = append(out.Inline, in)
		}
	}
	for p := range h.At("fileParameters").Items() {
		files, why := x.valueFile(a, a.env(p.At("path").Str()), false)
		if why != "" || len(files) != 1 {
			return "file of parameter " + quote(p.At("name").Str()) + " " + cmp.Or(why, "is not one file")
		}
		out.SetFile = append(out.SetFile, p.At("name").Str()+"="+escaped.Replace(files[0]))
	}
	return ""
}

// commas escapes a parameter's value as Argo CD does: a list in braces keeps
// its commas, and so does what is escaped already.
func commas(v string) string {
	if strings.HasPrefix(v, "{") && strings.HasSuffix(v, "}") {
		return v
	}
	var b strings.Builder
	for i := range len(v) {
		if v[i] == ',' && (i == 0 || v[i-1] != '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// valueFile resolves an entry of valueFiles: relative to the source's path,
// from the root of the repository if it starts with a slash, or from that of
// the source that $ref names; a glob gives its matches in order.
func (x *expander) valueFile(a *app, f string, ignoreMissing bool) (files []string, why string) {
	dir := a.dir
	switch ref, rest, _ := strings.Cut(f, "/"); {
	case strings.Contains(f, "://"):
		return nil, "is remote, and the network is not used"
	case strings.HasPrefix(f, "$"):
		s, ok := a.refs[ref[1:]]
		if !ok {
			return nil, "names the source " + quote(ref[1:]) + ", which the application does not have"
		}
		if _, err := x.Repo.Join(".", rest); err != nil {
			return nil, strings.TrimSpace(leadsOut)
		}
		if url := s.At("repoURL").Str(); s.At("chart").Exists() || !x.is(url, x.Repo.Exists(path.Clean(rest))) {
			return nil, "is of " + quote(url) + ", which is not this repository"
		}
		dir, f = ".", rest
	case strings.HasPrefix(f, "/"):
		dir, f = ".", strings.TrimLeft(f, "/")
	}
	p, err := x.Repo.Join(dir, f)
	if err != nil {
		return nil, strings.TrimSpace(leadsOut)
	}
	if strings.ContainsAny(f, "*?[{") {
		base, pattern := doublestar.SplitPattern(p)
		if !doublestar.ValidatePattern(pattern) {
			return nil, "is not a glob"
		}
		var found []string
		err := x.Repo.Walk(a.ctx, base, func(q string, d fs.DirEntry) error {
			if rel := strings.TrimPrefix(q, base+"/"); !d.IsDir() && doublestar.MatchUnvalidated(pattern, rel) {
				found = append(found, q)
			}
			return nil
		})
		if len(found) == 0 && !ignoreMissing {
			if errors.Is(err, source.ErrOutside) {
				return nil, strings.TrimSpace(leadsOut)
			}
			return nil, "matches no file"
		}
		slices.Sort(found)
		return found, ""
	}
	if ignoreMissing && !x.Repo.Exists(p) {
		return nil, ""
	}
	return []string{p}, ""
}

func (x *expander) argoKustomize(a *app, t *result.Target) (why string) {
	p := a.src.At("kustomize")
	k := &result.Kustomize{
		Namespace: p.At("namespace").Str(), NamePrefix: p.At("namePrefix").Str(), NameSuffix: p.At("nameSuffix").Str(),
		CommonAnnotations: stringsOf(p.At("commonAnnotations")), Patches: patchesOf(p.At("patches")),
	}
	t.Kind, t.Kustomize, t.KubeVersion = result.KindKustomize, k, p.At("kubeVersion").Str()
	if p.At("commonAnnotationsEnvsubst").IsTrue() {
		for name, v := range k.CommonAnnotations {
			k.CommonAnnotations[name] = a.env(v)
		}
	}
	switch labels := stringsOf(p.At("commonLabels")); {
	case len(labels) == 0:
	case p.At("labelWithoutSelector").IsTrue():
		k.Labels = []result.Labels{{Pairs: labels, IncludeTemplates: p.At("labelIncludeTemplates").IsTrue()}}
	default:
		k.CommonLabels = labels
	}
	fields(k, map[string]manifest.Place{
		"namespace": p.At("namespace"), "namePrefix": p.At("namePrefix"), "nameSuffix": p.At("nameSuffix"),
	})
	pairFields(k, "commonAnnotations", p.At("commonAnnotations"))
	pairFields(k, "commonLabels", p.At("commonLabels"))
	pairFields(k, "labels", p.At("commonLabels"))
	for s := range p.At("images").Items() {
		i := imageOverride(s.Str())
		k.Images = append(k.Images, i)
		fields(k, map[string]manifest.Place{"images." + i.Name: s})
	}
	for r := range p.At("replicas").Items() {
		c := r.At("count")
		count, ok := c.Int()
		if !ok {
			var err error
			if count, err = strconv.ParseInt(c.Str(), 10, 64); err != nil {
				return fmt.Sprintf("replicas of %q: %q is no number", r.At("name").Str(), c.Str())
			}
		}
		fields(k, map[string]manifest.Place{"replicas." + r.At("name").Str(): c})
		k.Replicas = append(k.Replicas, result.Replica{Name: r.At("name").Str(), Count: count})
	}
	for _, c := range p.At("components").Strings() {
		at, err := x.Repo.Join(a.dir, c)
		if err != nil {
			return "component " + quote(c) + leadsOut
		}
		if !x.Repo.IsDir(at) && p.At("ignoreMissingComponents").IsTrue() {
			continue
		}
		k.Components = append(k.Components, at)
	}
	return ""
}

// imageOverride reads [old=]image[:tag|@digest].
func imageOverride(s string) result.ImageOverride {
	var i result.ImageOverride
	name, rest, both := strings.Cut(s, "=")
	if !both {
		name, rest = "", s
	}
	rest, i.Digest, _ = strings.Cut(rest, "@")
	if c := strings.LastIndexByte(rest, ':'); c > strings.LastIndexByte(rest, '/') {
		rest, i.NewTag = rest[:c], rest[c+1:]
	}
	if i.Name = cmp.Or(name, rest); both && rest != name {
		i.NewName = rest
	}
	return i
}

func (x *expander) argoDirectory(a *app, t *result.Target) (why string) {
	d := a.src.At("directory")
	t.Kind = result.KindPlain
	match := func(field string) (func(string) bool, error) {
		s := d.At(field).Str()
		if s == "" {
			return func(string) bool { return field == "include" }, nil
		}
		g, err := glob.Compile(s)
		if err != nil {
			return nil, fmt.Errorf("directory.%s: %q is not a glob", field, s)
		}
		return g.Match, nil
	}
	include, err := match("include")
	exclude, err2 := match("exclude")
	if err = errors.Join(err, err2); err != nil {
		return err.Error()
	}
	jsonnet := false
	err = x.Repo.Walk(a.ctx, a.dir, func(p string, e fs.DirEntry) error {
		if e.IsDir() {
			if !d.At("recurse").IsTrue() {
				return fs.SkipDir
			}
			return nil
		}
		rel := strings.TrimPrefix(p, a.dir+"/")
		if !include(rel) || exclude(rel) {
			return nil
		}
		switch path.Ext(p) {
		case ".jsonnet":
			jsonnet = true
		case ".yaml", ".yml", ".json":
			if head, err := x.Repo.Head(p, 4096); err != nil || !strings.Contains(string(head), "+argocd:skip-file-rendering") {
				t.Files = append(t.Files, p)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Sprintf("reading %q: %v", a.dir, err)
	case jsonnet:
		return "deploys jsonnet of " + quote(a.dir) + ", which is not rendered"
	case len(t.Files) == 0:
		return "deploys " + quote(a.dir) + ", which holds no manifest that it takes"
	}
	return ""
}
