package supply

import (
	"path"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// readObject reads a Chart.yaml, a lock or a kustomization, which are no
// objects of the cluster, as one, so that its fields have places; nil if it is
// not readable, which the renderers say.
func readObject(p *rule.Pass, file string) *manifest.Object {
	data, err := p.Index.Repo.ReadFile(file)
	if err != nil {
		return nil
	}
	d := &manifest.Document{Target: p.Index.Target.Name, Path: file, Text: data, Line: 1, Map: srcmap.Identity(file, 1)}
	if d.Parse() != nil || d.Node == nil {
		return nil
	}
	o := &manifest.Object{Doc: d, Node: d.Node}
	kind, _, _ := strings.Cut(path.Base(file), ".")
	o.Key = result.Key{APIVersion: o.At("apiVersion").Str(), Kind: kind, Name: path.Dir(file)}
	return o
}

// vendored reports whether the chart is a copy inside another one, which
// answers for it.
func vendored(p *rule.Pass, file string) bool {
	parent, _, ok := strings.Cut("/"+file, "/charts/")
	return ok && p.Index.Repo.Exists(path.Join(".", parent, "Chart.yaml"))
}

// checkChart looks at a chart's dependencies.
func checkChart(p *rule.Pass, o *manifest.Object, file string) {
	locked := lockedNames(p, file)
	for d := range o.At("dependencies").Items() {
		name, version, repository := d.At("name").Str(), d.At("version"), d.At("repository")
		url := repository.Str()
		if plainHTTP(url) {
			p.Report(repository, "dependency %q is fetched from %q in clear: anybody on the way decides what it is", name, url)
		}
		remote := url != "" && !strings.HasPrefix(url, "file://")
		if remote && !exactVersion.MatchString(version.Str()) && !locked[name+"\x00"+url] {
			p.Report(version, "dependency %q has version %q and no lock: each build may take another release", name, version.Str())
		}
	}
}

// lockedNames are the dependencies that the chart's lock pins, by name and
// repository.
func lockedNames(p *rule.Pass, file string) map[string]bool {
	lock := readObject(p, strings.TrimSuffix(file, ".yaml")+".lock")
	if lock == nil || lock.At("digest").Str() == "" {
		return nil
	}
	names := map[string]bool{}
	for d := range lock.At("dependencies").Items() {
		if exactVersion.MatchString(d.At("version").Str()) {
			names[d.At("name").Str()+"\x00"+d.At("repository").Str()] = true
		}
	}
	return names
}

// checkKustomization looks at a kustomization's remote bases and charts.
func checkKustomization(p *rule.Pass, o *manifest.Object) {
	for _, list := range [...]string{"resources", "bases", "components", "crds", "generators", "transformers"} {
		for at := range o.At(list).Items() {
			switch url := at.Str(); {
			case !remoteBase(url):
			case plainHTTP(url):
				p.Report(at, "remote base %q is fetched in clear: anybody on the way decides what it is", url)
			case !commit.MatchString(url):
				p.Report(at, "remote base %q names no commit: each build may take other contents", url)
			}
		}
	}
	for c := range o.At("helmCharts").Items() {
		checkRemoteChart(p, c.At("name").Str(), c.At("repo"), c.At("version"))
	}
	for c := range o.At("helmChartInflationGenerator").Items() {
		checkRemoteChart(p, c.At("chartName").Str(), c.At("chartRepoUrl"), c.At("chartVersion"))
	}
}

func checkRemoteChart(p *rule.Pass, name string, repo, version manifest.Place) {
	if plainHTTP(repo.Str()) {
		p.Report(repo, "chart %q is fetched from %q in clear: anybody on the way decides what it is", name, repo.Str())
	}
	if repo.Str() != "" && version.Str() == "" {
		p.Report(version, "remote chart %q has no version: each build takes the newest", name)
	}
}

// remoteBase reports whether an entry of a kustomization is fetched.
func remoteBase(entry string) bool {
	for _, prefix := range [...]string{"git@", "git::", "github.com/", "gitlab.com/", "bitbucket.org/"} {
		if strings.HasPrefix(entry, prefix) {
			return true
		}
	}
	return strings.Contains(entry, "://") && !strings.HasPrefix(entry, "file://")
}
