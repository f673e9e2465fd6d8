package gitops

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// maxRelease is how long a release's name may be.
const maxRelease = 53

// helmRelease reads a Flux HelmRelease.
func (x *expander) helmRelease(ctx context.Context, n *node, o *manifest.Object) []result.Target {
	spec := o.At("spec")
	chart := spec.At("chart", "spec")
	if ref := spec.At("chartRef"); ref.Exists() {
		kind, name := ref.At("kind").Str(), ref.At("name").Str()
		switch kind {
		case "HelmChart":
			c := x.find(ctx, n, fluxSource, kind, cmp.Or(ref.At("namespace").Str(), o.Key.Namespace), name)
			if c == nil {
				x.note(n, o, ref, declare, "deploys the chart of HelmChart %q, which is not in the repository", name)
				return nil
			}
			chart = c.At("spec")
		case "ExternalArtifact":
			dir, why := x.fluxPath(ctx, n, o, ref, ".")
			return x.release(ctx, n, o, ref, dir, why, manifest.Place{})
		default:
			x.note(n, o, ref, "pull the chart into the repository and declare it as a target in .kustoms.yaml", "deploys the chart of %s %q, which is not in the repository", kind, name)
			return nil
		}
	}
	ref := chart.At("sourceRef")
	if kind := ref.At("kind").Str(); kind == "HelmRepository" {
		x.note(n, o, chart.At("chart"), "pull the chart into the repository and declare it as a target in .kustoms.yaml",
			"deploys chart %q from HelmRepository %q, which is not in the repository", chart.At("chart").Str(), ref.At("name").Str())
		return nil
	}
	dir, why := x.fluxPath(ctx, n, chart.Object(), ref, chart.At("chart").Str())
	return x.release(ctx, n, o, chart.At("chart"), dir, why, chart)
}

// release makes the target of the chart in dir, chosen by chart, if it is one.
func (x *expander) release(ctx context.Context, n *node, o *manifest.Object, at manifest.Place, dir, why string, chart manifest.Place) []result.Target {
	if why == "" && !x.Repo.Exists(dir+"/Chart.yaml") {
		why = fmt.Sprintf("deploys chart %q, and there is no chart in that directory of this repository", dir)
	}
	if why != "" {
		x.note(n, o, at, declare, "%s", why)
		return nil
	}
	spec := o.At("spec")
	h := &result.Helm{
		Release:    releaseName(o),
		Namespace:  cmp.Or(spec.At("targetNamespace").Str(), o.Key.Namespace),
		SkipCRDs:   spec.At("install", "crds").Str() == "Skip" || spec.At("install", "skipCRDs").IsTrue(),
		SkipTests:  !spec.At("test", "enable").IsTrue(),
		SkipSchema: spec.At("install", "disableSchemaValidation").IsTrue(),
	}
	if chart.Exists() {
		for _, f := range chart.At("valuesFiles").Strings() {
			p, err := x.Repo.Join(".", strings.TrimLeft(f, "/"))
			if err == nil && !x.Repo.Exists(p) && chart.At("ignoreMissingValuesFiles").IsTrue() {
				continue
			}
			if err != nil {
				x.note(n, o, chart.At("valuesFiles"), "", "values file %q"+leadsOut, f)
				return nil
			}
			h.ValueFiles, h.NoDefaults = append(h.ValueFiles, p), true
		}
	}
	t := result.Target{Name: targetName(o), Kind: result.KindHelm, Path: dir, Helm: h, Namespace: h.Namespace}
	x.valuesFrom(ctx, n, o, &t)
	if in, ok := layer(spec.At("values")); ok {
		h.Inline = append(h.Inline, in)
	}
	for r := range spec.At("postRenderers").Items() {
		k := r.At("kustomize")
		if !k.Exists() {
			continue
		}
		post := result.Kustomize{Images: imagesOf(k.At("images"))}
		imageFields(&post, k.At("images"))
		for _, field := range []string{"patches", "patchesStrategicMerge", "patchesJson6902"} {
			post.Patches = append(post.Patches, postPatches(k.At(field), field)...)
		}
		t.PostRender = append(t.PostRender, post)
	}
	if meta := spec.At("commonMetadata"); meta.Exists() {
		var post result.Kustomize
		metadata(&post, meta)
		t.PostRender = append(t.PostRender, post)
	}
	t.PostRenderApart = len(t.PostRender) > 0 && spec.At("postRenderStrategy").Str() == "nohooks"
	return []result.Target{t}
}

// postPatches reads the patches of a post-renderer, the two older fields too:
// objects in place, and lists of operations in place.
func postPatches(p manifest.Place, field string) []result.Patch {
	if field == "patches" {
		return patchesOf(p)
	}
	var out []result.Patch
	for it := range p.Items() {
		body := it
		q := result.Patch{}
		if field == "patchesJson6902" {
			body = it.At("patch")
			t := it.At("target")
			q.Target = &result.Selector{
				Group: t.At("group").Str(), Version: t.At("version").Str(), Kind: t.At("kind").Str(),
				Name: t.At("name").Str(), Namespace: t.At("namespace").Str(),
			}
		}
		in := block(body)
		q.Patch, q.At = in.Text, in.At
		out = append(out, q)
	}
	return out
}

// releaseName is [targetNamespace-]name unless it is set, cut where it is
// longer than Helm takes.
func releaseName(o *manifest.Object) string {
	name := o.At("spec", "releaseName").Str()
	if name == "" {
		name = o.Key.Name
		if ns := o.At("spec", "targetNamespace").Str(); ns != "" {
			name = ns + "-" + name
		}
	}
	if len(name) > maxRelease {
		sum := fmt.Sprintf("%x", sha256.Sum256([]byte(name)))[:12]
		name = name[:maxRelease-len(sum)-1] + "-" + sum
	}
	return name
}

// valuesFrom adds the values of ConfigMaps and Secrets, in order.
func (x *expander) valuesFrom(ctx context.Context, n *node, o *manifest.Object, t *result.Target) {
	for ref := range o.At("spec", "valuesFrom").Items() {
		kind, name := ref.At("kind").Str(), ref.At("name").Str()
		key := cmp.Or(ref.At("valuesKey").Str(), "values.yaml")
		p, text, why := x.datum(ctx, n, kind, o.Key.Namespace, name, key)
		if why != "" {
			if !ref.At("optional").IsTrue() {
				x.note(n, o, ref, "commit it, or mark the reference as optional; the chart is rendered without these values", "%s %q of valuesFrom %s", kind, name, why)
				t.Warnings = append(t.Warnings, fmt.Sprintf("%s %q %s: rendered without its values", kind, name, why))
			}
			continue
		}
		in := document(p, text)
		if path := ref.At("targetPath").Str(); path != "" {
			in.Path = path
			quoted := func(q string) bool { return len(text) > 1 && strings.HasPrefix(text, q) && strings.HasSuffix(text, q) }
			switch {
			case ref.At("literal").IsTrue():
				in.Text, in.String = escaped.Replace(text), true
			case quoted(`"`) || quoted("'"):
				in.Text, in.String = strings.Trim(text, `"'`), true
			}
		}
		t.Helm.Inline = append(t.Helm.Inline, in)
	}
}

// escaped keeps --set from reading anything into a value.
var escaped = strings.NewReplacer(`\`, `\\`, ",", `\,`, "{", `\{`)
