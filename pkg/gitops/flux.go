package gitops

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// kustomizationNames are the files that make a directory an overlay.
var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

func (x *expander) isOverlay(dir string) bool {
	return slices.ContainsFunc(kustomizationNames, func(f string) bool { return x.Repo.Exists(path.Join(dir, f)) })
}

const declare = "declare it as a target in .kustoms.yaml, or name this repository's URL under gitops.repositories there"

// targetName names what an object deploys.
func targetName(o *manifest.Object) string {
	n := o.Key.Kind + "/"
	if o.Key.Namespace != "" {
		n += o.Key.Namespace + "/"
	}
	return n + o.Key.Name
}

// kustomization reads a Flux Kustomization.
func (x *expander) kustomization(ctx context.Context, n *node, o *manifest.Object) []result.Target {
	spec := o.At("spec")
	p := spec.At("path")
	dir, why := x.fluxPath(ctx, n, o, spec.At("sourceRef"), cmp.Or(p.Str(), "."))
	if why != "" {
		x.note(n, o, p, declare, "%s", why)
		return nil
	}
	k := &result.Kustomize{
		Namespace: spec.At("targetNamespace").Str(), NamePrefix: spec.At("namePrefix").Str(), NameSuffix: spec.At("nameSuffix").Str(),
		Images: imagesOf(spec.At("images")), Patches: patchesOf(spec.At("patches")),
	}
	for _, c := range spec.At("components").Strings() {
		at, err := x.Repo.Join(dir, c)
		if err != nil || !x.Repo.IsDir(at) && spec.At("ignoreMissingComponents").IsTrue() {
			if err != nil {
				x.note(n, o, spec.At("components"), "", "component %q"+leadsOut, c)
				return nil
			}
			continue
		}
		k.Components = append(k.Components, at)
	}
	metadata(k, spec.At("commonMetadata"))
	fields(k, map[string]manifest.Place{
		"namespace": spec.At("targetNamespace"), "namePrefix": spec.At("namePrefix"), "nameSuffix": spec.At("nameSuffix"),
	})
	imageFields(k, spec.At("images"))
	if !x.isOverlay(dir) {
		k.Generate = true
		k.Resources = x.generated(ctx, dir)
	}
	t := result.Target{Name: targetName(o), Kind: result.KindKustomize, Path: dir, Kustomize: k, Namespace: k.Namespace}
	if by := spec.At("decryption", "provider").Str(); by != "" {
		t.Warnings = append(t.Warnings, "decryption with "+by+" is not done: what is encrypted is checked as it stands")
	}
	t.PostBuild = x.postBuild(ctx, n, o, spec.At("postBuild"), &t)
	return []result.Target{t}
}

// metadata adds Flux' commonMetadata, which is for the objects alone.
func metadata(k *result.Kustomize, p manifest.Place) {
	if labels := stringsOf(p.At("labels")); len(labels) > 0 {
		k.Labels = append(k.Labels, result.Labels{Pairs: labels})
	}
	k.Annotations = stringsOf(p.At("annotations"))
	pairFields(k, "labels", p.At("labels"))
	pairFields(k, "annotations", p.At("annotations"))
}

// fields notes where fields of k are written.
func fields(k *result.Kustomize, at map[string]manifest.Place) {
	if k.Fields == nil {
		k.Fields = map[string]source.Span{}
	}
	for name, p := range at {
		if p.Exists() {
			k.Fields[name] = p.Location().Primary
		}
	}
}

func pairFields(k *result.Kustomize, name string, p manifest.Place) {
	at := map[string]manifest.Place{}
	for key, v := range p.Entries() {
		at[name+"."+key] = v
	}
	fields(k, at)
}

func imageFields(k *result.Kustomize, p manifest.Place) {
	at := map[string]manifest.Place{}
	for it := range p.Items() {
		v := it.At("newTag")
		for _, f := range []string{"newName", "digest"} {
			if !v.Exists() {
				v = it.At(f)
			}
		}
		at["images."+it.At("name").Str()] = v
	}
	fields(k, at)
}

// generated are what the kustomization of a directory without one lists: every
// manifest below, and the directories that have one.
func (x *expander) generated(ctx context.Context, dir string) (out []string) {
	// Like a directory that is not there, one that cannot be listed gives an
	// empty build, which its renderer refuses.
	_ = x.Repo.Walk(ctx, dir, func(p string, d fs.DirEntry) error {
		switch {
		case d.IsDir() && slices.Contains([]string{".github", ".circleci", ".travis"}, d.Name()):
			return fs.SkipDir // Flux' sources leave them out
		case d.IsDir() && x.isOverlay(p):
			out = append(out, p)
			return fs.SkipDir
		case d.Type().IsRegular() && (path.Ext(p) == ".yaml" || path.Ext(p) == ".yml") && !strings.HasPrefix(d.Name(), "."):
			if data, err := x.Repo.ReadFile(p); err != nil || strings.TrimSpace(stripped(string(data))) != "" {
				out = append(out, p)
			}
		}
		return nil
	})
	return out
}

// stripped is a manifest without comments and separators.
func stripped(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if l := strings.TrimSpace(line); l != "---" && !strings.HasPrefix(l, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// postBuild collects the variables of a Kustomization.
func (x *expander) postBuild(ctx context.Context, n *node, o *manifest.Object, p manifest.Place, t *result.Target) *result.PostBuild {
	b := &result.PostBuild{
		Vars: map[string]string{}, At: p.Location().Primary,
		Always: strings.EqualFold(p.At("substituteStrategy").Str(), "Always"),
	}
	for ref := range p.At("substituteFrom").Items() {
		kind, name := ref.At("kind").Str(), ref.At("name").Str()
		from := x.find(ctx, n, "", kind, o.Key.Namespace, name)
		why := "is not in the repository"
		if from != nil {
			if why = sealed(from); why == "" {
				for k, v := range entries(from) {
					b.Vars[k] = v.text
				}
				continue
			}
		}
		if !ref.At("optional").IsTrue() {
			x.note(n, o, ref, "commit it, or mark the reference as optional; the overlay is built without its variables", "%s %q of substituteFrom %s", kind, name, why)
			t.Warnings = append(t.Warnings, kind+" "+name+" "+why+": rendered without its variables")
		}
	}
	for k, v := range p.At("substitute").Entries() {
		b.Vars[k] = v.Str()
	}
	if len(b.Vars) == 0 && !b.Always {
		return nil
	}
	return b
}

// fluxPath is the path of this repository that a path of a source is; why says
// why it is none.
func (x *expander) fluxPath(ctx context.Context, n *node, o *manifest.Object, ref manifest.Place, p string) (dir, why string) {
	dir, err := x.Repo.Join(".", strings.TrimLeft(p, "/"))
	if err != nil {
		return "", "path " + quote(p) + leadsOut
	}
	kind, name := ref.At("kind").Str(), ref.At("name").Str()
	what := kind + " " + quote(name)
	from := x.find(ctx, n, groupOf(kind), kind, cmp.Or(ref.At("namespace").Str(), o.Key.Namespace), name)
	switch kind {
	case "GitRepository":
		if from != nil && !x.is(from.At("spec", "url").Str(), x.exists(dir)) {
			return "", "deploys " + quote(p) + " of " + what + ", " + quote(from.At("spec", "url").Str()) + ", which is not this repository"
		}
	case "ExternalArtifact":
		root, why := x.artifact(ctx, n, o, ref)
		if why != "" {
			return "", "deploys " + quote(p) + " of " + what + ", " + why
		}
		dir = path.Join(root, dir)
	default:
		if from == nil || !x.is(from.At("spec", "url").Str(), false) {
			return "", "deploys " + quote(p) + " of " + what + ", which is not this repository"
		}
	}
	switch _, err := x.Repo.Stat(dir); {
	case x.Skip(dir):
		return "", "deploys " + quote(dir) + ", which is excluded"
	case errors.Is(err, source.ErrOutside):
		return "", "path " + quote(p) + leadsOut
	case err != nil:
		return "", "deploys " + quote(p) + " of " + what + ", which does not exist in this repository"
	}
	return dir, ""
}

func (x *expander) exists(dir string) bool { return dir != "." && x.Repo.Exists(dir) }

func groupOf(kind string) string {
	if kind == "ExternalArtifact" {
		return fluxArtifact
	}
	return fluxSource
}

// artifact is the directory of this repository that an ArtifactGenerator
// copies as it is into the artifact called so.
func (x *expander) artifact(ctx context.Context, n *node, o *manifest.Object, ref manifest.Place) (dir, why string) {
	name := ref.At("name").Str()
	var gen *manifest.Object
	var made manifest.Place
	for _, same := range []bool{true, false} {
		for _, m := range x.read {
			if gen != nil || same && m.root != n.root && path.Dir(fileOf(m)) != path.Dir(fileOf(n)) {
				continue
			}
			for _, g := range m.objects {
				if !g.Is(fluxArtifact, "ArtifactGenerator") {
					continue
				}
				for a := range g.At("spec", "artifacts").Items() {
					if a.At("name").Str() == name {
						gen, made = g, a
					}
				}
			}
		}
	}
	if gen == nil {
		return "", "which no ArtifactGenerator of the repository makes"
	}
	first := true
	for c := range made.At("copy").Items() {
		alias, from, ok := strings.Cut(strings.TrimPrefix(c.At("from").Str(), "@"), "/")
		if !ok || !x.oursByAlias(ctx, n, gen, alias) {
			return "", "which is made of another repository"
		}
		from = path.Clean(strings.TrimRight(from, "*"))
		to := path.Clean(strings.TrimPrefix(c.At("to").Str(), "@artifact/"))
		root, ok := strings.CutSuffix(from, "/"+to)
		if to == "." {
			root, ok = from, true
		} else if from == to {
			root, ok = ".", true
		}
		if !ok || !first && root != dir {
			return "", "whose ArtifactGenerator moves what it copies"
		}
		dir, first = root, false
	}
	if first {
		return "", "which copies nothing"
	}
	return dir, ""
}

// oursByAlias reports whether a source of an ArtifactGenerator is this
// repository.
func (x *expander) oursByAlias(ctx context.Context, n *node, gen *manifest.Object, alias string) bool {
	for s := range gen.At("spec", "sources").Items() {
		if s.At("alias").Str() == alias && s.At("kind").Str() == "GitRepository" {
			git := x.find(ctx, n, fluxSource, "GitRepository", cmp.Or(s.At("namespace").Str(), gen.Key.Namespace), s.At("name").Str())
			return git == nil || x.is(git.At("spec", "url").Str(), true)
		}
	}
	return false
}

func fileOf(n *node) string {
	if len(n.t.Files) == 1 {
		return n.t.Files[0]
	}
	return path.Join(n.t.Path, "x")
}

func quote(s string) string { return `"` + s + `"` }

func stringsOf(p manifest.Place) map[string]string {
	var out map[string]string
	for k, v := range p.Entries() {
		if out == nil {
			out = map[string]string{}
		}
		out[k] = v.Str()
	}
	return out
}

func imagesOf(p manifest.Place) (out []result.ImageOverride) {
	for i := range p.Items() {
		out = append(out, result.ImageOverride{
			Name: i.At("name").Str(), NewName: i.At("newName").Str(), NewTag: i.At("newTag").Str(), Digest: i.At("digest").Str(),
		})
	}
	return out
}

func patchesOf(p manifest.Place) (out []result.Patch) {
	for i := range p.Items() {
		text := i.At("patch")
		q := result.Patch{Patch: text.Str(), Path: i.At("path").Str()}
		if text.Exists() {
			q.At = document(text, text.Str()).Line(0)
		}
		if t := i.At("target"); t.Exists() {
			q.Target = &result.Selector{
				Group: t.At("group").Str(), Version: t.At("version").Str(), Kind: t.At("kind").Str(), Name: t.At("name").Str(),
				Namespace: t.At("namespace").Str(), LabelSelector: t.At("labelSelector").Str(), AnnotationSelector: t.At("annotationSelector").Str(),
			}
		}
		for k, v := range i.At("options").Entries() {
			if q.Options == nil {
				q.Options = map[string]bool{}
			}
			q.Options[k] = v.IsTrue()
		}
		out = append(out, q)
	}
	return out
}
