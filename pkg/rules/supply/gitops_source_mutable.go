package supply

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// GitopsSourceMutable reports sources that change what is deployed without a
// change of the manifest.
var GitopsSourceMutable = &rule.Rule{
	Meta: rule.Meta{
		ID: "gitops-source-mutable", Severity: result.Low, Since: "0.1",
		Title: "GitOps source moves",
		Why: `The controller deploys whatever the branch, the tag or the range means at that
moment. Nothing in the repository shows when it changed, nothing brings the
old state back, and whoever can push there deploys. Over plain http anybody on
the way can.`,
		Fix: "name a commit, a digest or one exact version, fetched over https",
		Refs: []string{
			"https://argo-cd.readthedocs.io/en/stable/user-guide/tracking_strategies/",
			"https://fluxcd.io/flux/components/source/gitrepositories/#reference",
			"https://fluxcd.io/flux/security/best-practices/",
		},
	},
	On: rule.Or(applications, rule.Kinds(fluxSources, "GitRepository", "OCIRepository", "HelmRepository", "HelmChart"), rule.Kinds(fluxReleases, "HelmRelease")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if applications(o) {
			spec := applicationSpec(o)
			automated := spec.At("syncPolicy", "automated")
			enabled, written := automated.At("enabled").Bool()
			follows := automated.Node() != nil && (enabled || !written)
			checkArgoSource(p, o, spec.At("source"), follows)
			for s := range spec.At("sources").Items() {
				checkArgoSource(p, o, s, follows)
			}
			return
		}
		if url := o.At("spec", "url"); plainHTTP(url.Str()) {
			reportHTTP(p, o, url)
		}
		if !o.At("spec", "suspend").IsTrue() {
			checkFluxSource(p, o)
		}
	},
}

const (
	fluxSources  = "source.toolkit.fluxcd.io"
	fluxReleases = "helm.toolkit.fluxcd.io"
)

// movingRefs are names of Git and OCI references that move.
var movingRefs = []string{"", "HEAD", "main", "master", "develop", "dev", "trunk", "latest", "stable", "edge", "nightly", "canary"}

func reportHTTP(p *rule.Pass, o *manifest.Object, url manifest.Place) {
	medium := result.Medium
	p.Add(rule.Problem{At: url, Severity: &medium, Message: fmt.Sprintf("%s fetches %q in clear: anybody on the way decides what is deployed", o, url.Str())})
}

func checkArgoSource(p *rule.Pass, o *manifest.Object, source manifest.Place, follows bool) {
	url, at := source.At("repoURL"), source.At("targetRevision")
	if plainHTTP(url.Str()) {
		reportHTTP(p, o, url)
	}
	switch {
	case !follows || !source.Exists() || templated(at.Str()):
	case source.At("chart").Str() != "" && !exactVersion.MatchString(at.Str()):
		p.Report(at, "%s syncs by itself to chart version %q: each release is deployed unseen", o, at.Str())
	case source.At("chart").Str() == "" && slices.Contains(movingRefs, at.Str()):
		p.Report(at, "%s syncs by itself to revision %q: each push is deployed unseen", o, at.Str())
	}
}

// checkFluxSource looks at what Flux follows; it always does so by itself.
func checkFluxSource(p *rule.Pass, o *manifest.Object) {
	ref := o.At("spec", "ref")
	switch o.Key.Kind {
	case "GitRepository":
		if ref.At("commit").Str() != "" {
			return
		}
		if ref.At("semver").Str() != "" {
			p.Report(ref.At("semver"), "%s follows tags in range %q: each new one is deployed unseen", o, ref.At("semver").Str())
		} else if at := ref.At("branch"); ref.At("tag").Str() == "" && ref.At("name").Str() == "" {
			p.Report(at, "%s follows branch %q: each push is deployed unseen", o, cmp.Or(at.Str(), "master"))
		}
	case "OCIRepository":
		if ref.At("digest").Str() != "" {
			return
		}
		if at := ref.At("semver"); at.Str() != "" {
			p.Report(at, "%s follows tags in range %q: each new one is deployed unseen", o, at.Str())
		} else if at := ref.At("tag"); slices.Contains(movingRefs, at.Str()) {
			p.Report(at, "%s follows the moving tag %q: each push is deployed unseen", o, cmp.Or(at.Str(), "latest"))
		}
	case "HelmChart", "HelmRelease":
		spec := o.At("spec")
		if o.Key.Kind == "HelmRelease" {
			spec = o.At("spec", "chart", "spec")
		}
		if at := spec.At("version"); spec.At("sourceRef", "kind").Str() == "HelmRepository" && !exactVersion.MatchString(at.Str()) {
			p.Report(at, "%s follows chart version %q: each release is deployed unseen", o, cmp.Or(at.Str(), "*"))
		}
	}
}
