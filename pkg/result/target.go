package result

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// TargetKind is how a target is rendered.
type TargetKind string

// The kinds of target.
const (
	KindHelm      TargetKind = "helm"
	KindKustomize TargetKind = "kustomize"
	KindPlain     TargetKind = "plain"
	KindFiles     TargetKind = "files" // the repository's own files, for secrets
)

// Target is one thing that is deployed: what to render and, after the run,
// what became of it. The stages after the renderer apply in the order of the
// fields: PostRender, then PostBuild.
type Target struct {
	Name  string     `json:"name"` // unique in a run
	Kind  TargetKind `json:"kind"`
	Path  string     `json:"path"`            // chart or overlay directory
	Files []string   `json:"files,omitempty"` // plain manifests
	// Packages are packaged charts (.tgz), of the target of kind files.
	Packages  []string   `json:"packages,omitempty"`
	Helm      *Helm      `json:"helm,omitempty"`
	Kustomize *Kustomize `json:"kustomize,omitempty"`
	// PostRender are kustomizations that the rendered objects go through, one
	// after the other (Flux' postRenderers and commonMetadata).
	PostRender []Kustomize `json:"postRender,omitempty"`
	// PostRenderApart says that the hooks of a chart do not go through
	// PostRender (Flux' postRenderStrategy nohooks).
	PostRenderApart bool `json:"postRenderApart,omitempty"`
	// PostBuild is Flux' variable substitution, nil for none.
	PostBuild *PostBuild `json:"postBuild,omitempty"`
	// Namespace is where objects that name none are applied, "" if unknown.
	Namespace string      `json:"namespace,omitempty"`
	From      string      `json:"from,omitempty"` // what declared it: a file, "" if found
	At        source.Span `json:"at,omitzero"`    // where in From
	Status    Status      `json:"status,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	Warnings  []string    `json:"warnings,omitempty"`
	Objects   int         `json:"objects"`
	Images    []Image     `json:"images,omitempty"`
	// KubeVersion is the version to render for; after the run, the one
	// rendered for.
	KubeVersion string `json:"kubeVersion,omitempty"`
	// Profile is the set of rules that are on here, "" for the run's.
	Profile string `json:"profile,omitempty"`
}

// Helm says how a chart is rendered. Paths are repository-relative. Values
// apply in Helm's order: ValueFiles, Inline, Set, SetString, SetFile; the
// later wins.
type Helm struct {
	ValueFiles []string `json:"valueFiles,omitempty"`
	// NoDefaults leaves the chart's own values.yaml out: ValueFiles stand in
	// for it, as Flux' valuesFiles do.
	NoDefaults bool     `json:"noDefaults,omitempty"`
	Inline     []Inline `json:"inline,omitempty"`
	// Set and SetString are key=value; in a report, Masked.
	Set       []string `json:"set,omitempty"`
	SetString []string `json:"setString,omitempty"`
	SetFile   []string `json:"setFile,omitempty"` // key=path
	// Release and Namespace are "" where nobody says them: the renderer takes
	// `helm template`'s own defaults, release-name and default, and rules know
	// that these are not what will be deployed.
	Release     string   `json:"release,omitempty"`
	Namespace   string   `json:"namespace,omitempty"`
	APIVersions []string `json:"apiVersions,omitempty"`
	SkipCRDs    bool     `json:"skipCRDs,omitempty"`
	SkipTests   bool     `json:"skipTests,omitempty"`
	SkipHooks   bool     `json:"skipHooks,omitempty"`
	// NameTemplate is a template that makes the release's name, instead of
	// Release.
	NameTemplate string `json:"nameTemplate,omitempty"`
	SkipSchema   bool   `json:"skipSchema,omitempty"` // values.schema.json is not enforced
	// Packed is the chart's archive (tar, gzip), instead of the directory: a
	// kustomization's remote chart. Its lines are the target's At.
	Packed []byte `json:"-"`
}

// Masked is h as reports may show it: of --set and --set-string the first key
// only, for what follows may be a secret.
func (h *Helm) Masked() *Helm {
	if h == nil {
		return nil
	}
	m := *h
	m.Set, m.SetString = maskSet(h.Set), maskSet(h.SetString)
	return &m
}

func maskSet(set []string) []string {
	var out []string
	for _, s := range set {
		key, _, _ := strings.Cut(s, "=")
		out = append(out, key+"=***")
	}
	return out
}

// Inline is a layer of values that stands within another file.
type Inline struct {
	// Text is YAML. It is no part of a report: it may come from a Secret.
	Text string `json:"-"`
	// At is where Text stands: its first line is At's, and the others follow
	// one by one. Without a line the text is written nowhere in this form, and
	// At names only the file.
	At source.Span `json:"at"`
	// Lines, if set, are where each line of Text stands, in place of At: the
	// object that holds it was built from several files.
	Lines []source.Span `json:"-"`
	// Path, if set, is the one value that Text is, in the forms of `helm --set`
	// or, with String, --set-string.
	Path   string `json:"path,omitempty"`
	String bool   `json:"string,omitempty"`
}

// Line is where line i of Text, 0-based, stands.
func (in Inline) Line(i int) source.Span {
	if len(in.Lines) > 0 {
		return in.Lines[min(i, len(in.Lines)-1)]
	}
	at := in.At
	if at.Start.Line > 0 {
		at = source.LineSpan(at.Path, at.Start.Line+i)
	}
	return at
}

// Kustomize says what a deployer adds to the kustomization of the target's
// directory before it is built, with the names and meanings of the fields of a
// kustomization file: scalars replace, maps and images merge by key, lists are
// appended. Paths are repository-relative.
type Kustomize struct {
	Namespace         string            `json:"namespace,omitempty"`
	NamePrefix        string            `json:"namePrefix,omitempty"`
	NameSuffix        string            `json:"nameSuffix,omitempty"`
	CommonLabels      map[string]string `json:"commonLabels,omitempty"` // selectors too
	Labels            []Labels          `json:"labels,omitempty"`
	CommonAnnotations map[string]string `json:"commonAnnotations,omitempty"`
	// Annotations are for the objects alone, not for the pods that they make.
	Annotations map[string]string `json:"annotations,omitempty"`
	Images      []ImageOverride   `json:"images,omitempty"`
	Replicas    []Replica         `json:"replicas,omitempty"`
	Components  []string          `json:"components,omitempty"`
	Patches     []Patch           `json:"patches,omitempty"`
	// Generate says that the directory has no kustomization file: the build is
	// that of one that lists Resources (files and directories).
	Generate  bool     `json:"generate,omitempty"`
	Resources []string `json:"resources,omitempty"`
	// Fields is where each part is written: "namespace", "images.NAME",
	// "labels.KEY". What it lacks stands at the target's At.
	Fields map[string]source.Span `json:"-"`
}

// Labels are labels that do not reach every selector.
type Labels struct {
	Pairs            map[string]string `json:"pairs"`
	IncludeSelectors bool              `json:"includeSelectors,omitempty"`
	IncludeTemplates bool              `json:"includeTemplates,omitempty"`
}

// ImageOverride changes the images called Name. An empty field leaves that
// part alone.
type ImageOverride struct {
	Name    string `json:"name"`
	NewName string `json:"newName,omitempty"`
	NewTag  string `json:"newTag,omitempty"`
	Digest  string `json:"digest,omitempty"`
}

// Replica sets the replicas of the workloads called Name.
type Replica struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// Patch is a strategic merge patch or a JSON patch: inline, or in a file.
type Patch struct {
	Patch   string          `json:"-"` // no part of a report: it may hold a Secret's data
	Path    string          `json:"path,omitempty"`
	Target  *Selector       `json:"target,omitempty"`
	Options map[string]bool `json:"options,omitempty"` // allowNameChange, allowKindChange
	// At is where an inline Patch stands, as Inline.At.
	At source.Span `json:"at,omitzero"`
}

// Selector chooses the objects that a patch changes; names are anchored
// regular expressions.
type Selector struct {
	Group              string `json:"group,omitempty"`
	Version            string `json:"version,omitempty"`
	Kind               string `json:"kind,omitempty"`
	Name               string `json:"name,omitempty"`
	Namespace          string `json:"namespace,omitempty"`
	LabelSelector      string `json:"labelSelector,omitempty"`
	AnnotationSelector string `json:"annotationSelector,omitempty"`
}

// PostBuild replaces ${name}, ${name:-default}, ${name:=default} and the other
// bash forms of Flux in every object that has not opted out with the
// annotation or label kustomize.toolkit.fluxcd.io/substitute: disabled.
type PostBuild struct {
	// Vars are all variables: those of ConfigMaps and Secrets in the
	// repository and, over them, those written in the Kustomization. They are
	// no part of a report: they may come from a Secret.
	Vars map[string]string `json:"-"`
	// Always substitutes even where Vars is empty, so that defaults apply.
	Always bool `json:"always,omitempty"`
	// At is where the substitution is declared.
	At source.Span `json:"at"`
}
