// Package config is what the user decided: .kustoms.yaml, KUSTOMS_* variables
// and flags, of which the later wins. The file is decoded strictly from
// yaml.v3 nodes into Config: an unknown key, a key written twice or a wrong
// type is an error with file, line and a suggestion, and all are reported at
// once. The JSON Schema is generated from the same struct by reflection, so the
// tags here are the only description of the file.
package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// FileName is where the configuration stands, at the root of the repository.
const FileName = ".kustoms.yaml"

// DefaultKubeVersion is the Kubernetes release that targets are rendered and
// checked for unless they say otherwise. The linked Helm library by itself
// assumes 1.20, which real charts refuse.
const DefaultKubeVersion = "v1.34.0"

// Config is one run's configuration: the keys of the file, and below what only
// flags say. All paths and globs are relative to the root of the repository.
type Config struct {
	Paths        []Path          `yaml:"paths" doc:"Files and directories to scan; the whole repository if empty. Paths on the command line replace them."`
	Exclude      []Glob          `yaml:"exclude" doc:"Globs of files and directories that are not looked at; ** crosses directories."`
	Discover     *bool           `yaml:"discover" doc:"Look for charts, overlays and manifests beside the declared targets. Default: true if no target is declared."`
	Targets      []Target        `yaml:"targets" doc:"What the repository deploys, declared one by one."`
	Matrix       []Matrix        `yaml:"matrix" doc:"What the repository deploys, declared as charts times environments."`
	GitOps       GitOps          `yaml:"gitops" doc:"How objects of Argo CD and Flux are followed to what they deploy."`
	KubeVersion  Version         `yaml:"kubeVersion" doc:"Kubernetes version that targets are rendered and checked for."`
	Rules        map[string]Rule `yaml:"rules" doc:"Rules by id or family: off, on, a severity, or a mapping. A rule's own entry wins over its family's."`
	FailOn       Threshold       `yaml:"failOn" doc:"The lowest severity at which the run fails; none never fails."`
	Suppressions []result.Waiver `yaml:"suppressions" doc:"Findings that are accepted, each with a reason."`
	WarnBefore   *int            `yaml:"suppressionWarning" doc:"For how many days before its end a suppression is a finding. Default: 14."`
	Profile      Profile         `yaml:"profile" doc:"The set of rules that are on: default, strict, pss-baseline, pss-restricted, nsa, cis or reliability. Rules and families below add to it and take away."`
	Image        Image           `yaml:"image" doc:"Known vulnerabilities of images, and which of them fail the run."`
	Baseline     Path            `yaml:"baseline" doc:"File of the findings that are known and do not fail the run; kustoms baseline write makes it."`
	Intents      []intent.Intent `yaml:"intents" doc:"Who may reach whom; checked on every target's network policies."`
	Policies     []Policy        `yaml:"policies" doc:"Files and directories of the repository's own rules: ValidatingAdmissionPolicy, MutatingAdmissionPolicy, their bindings and parameters, and shorthand policies."`
	Limits       Limits          `yaml:"limits" doc:"Bounds on what one run may cost."`
	Network      *Network        `yaml:"network" doc:"What the network may be used for. Only in a file that --config names outside of the repository."`

	// Path is the file that the configuration came from, "" for defaults.
	Path string `yaml:"-"`
	// Only and Without narrow the rules to run, by id or family; an empty Only
	// is all that are on.
	Only, Without []string `yaml:"-"`
	// Narrowed says that Paths are the command line's: the run sees less than
	// the configuration speaks of.
	Narrowed bool `yaml:"-"`
	// Past says that another revision is scanned by it, in which what it names
	// need not be there.
	Past bool `yaml:"-"`
	// Jobs bounds concurrency; 0 is one a CPU.
	Jobs int `yaml:"-"`
	// GitRange, BASE..HEAD, and GitHistory are which commits are looked
	// through for secrets.
	GitRange   string `yaml:"-"`
	GitHistory bool   `yaml:"-"`
}

// GitOps says how objects of Argo CD and Flux are followed.
type GitOps struct {
	Repositories []string `yaml:"repositories" doc:"URLs under which Argo CD and Flux know this repository, beside those of its git remotes. With any set, no other URL is taken for it."`
}

// Image is about what images hold.
type Image struct {
	FailOn          Threshold        `yaml:"failOn" doc:"The lowest severity at which a known vulnerability fails the run. Default: that of failOn."`
	FailOnFixable   *bool            `yaml:"failOnFixable" doc:"Fail only on vulnerabilities that a version of the package mends. Default: false."`
	FailOnExploited *bool            `yaml:"failOnExploited" doc:"Fail on every vulnerability that is known to be exploited, whatever its severity; needs --kev. Default: false."`
	IgnoreUnfixed   *bool            `yaml:"ignoreUnfixed" doc:"Suppress vulnerabilities that no version mends yet, but for those known to be exploited. Default: false."`
	VEX             []Path           `yaml:"vex" doc:"Files or directories of VEX documents (OpenVEX, CSAF, CycloneDX), whose statements suppress vulnerabilities."`
	UnknownSeverity *result.Severity `yaml:"unknownSeverity" doc:"The severity of vulnerabilities that no source rates. Default: medium."`
}

// Limits bounds what one run may cost.
type Limits struct {
	MaxFileSize   Size     `yaml:"maxFileSize" doc:"Files over this size are refused, such as 20MB or 512KB. Default: 20MB."`
	RenderTimeout Duration `yaml:"renderTimeout" doc:"One render may take so long, such as 90s or 2m. Default: 1m."`
	MaxRenderSize Size     `yaml:"maxRenderSize" doc:"One render may print so much. Default: 64MB."`
}

// Network is what the operator allows of the network. A repository's own
// configuration comes with the change that is scanned, so it must not hold it.
type Network struct {
	Allow    *bool       `yaml:"allow" doc:"Use the network, for the hosts below. Default: false."`
	Hosts    []string    `yaml:"hosts" doc:"Hosts that may be reached, such as ghcr.io, registry.example.com:5000 or *.example.com."`
	Insecure []string    `yaml:"insecure" doc:"Hosts that may be reached by plain HTTP or with a certificate that nothing vouches for, named in full."`
	CAFile   string      `yaml:"caFile" doc:"File of certificates in PEM form that are trusted beside the system's."`
	Scanner  Scanner     `yaml:"imageScanner" doc:"Who looks images up for known vulnerabilities."`
	At       source.Span `yaml:"-"`
}

// Scanner is the engine that looks images up. Its credentials are in the
// environment.
type Scanner struct {
	Engine string `yaml:"engine" doc:"native, trivy-server, trivy or clair. Default: native."`
	URL    string `yaml:"url" doc:"Address of the Trivy server or of Clair."`
	Issuer string `yaml:"issuer" doc:"Name that Clair knows the holder of its pre-shared key by. Default: kustoms."`
}

// Rule is the configuration of a rule or of a family.
type Rule struct {
	Enabled  *bool            `yaml:"enabled" doc:"Run the rule, or do not."`
	Severity *result.Severity `yaml:"severity" doc:"Severity of its findings, in place of the rule's own."`
	Params   *yaml.Node       `yaml:"params" doc:"Parameters of the rule; kustoms explain lists them."`
	At       source.Span      `yaml:"-"`
}

// decode reads the short forms too: off, on, or a severity.
func (r *Rule) decode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		type plain Rule // without this method
		d.object(n, valueOf((*plain)(r)), "rules")
		return
	}
	switch on := true; {
	case n.Value == "on" || n.Tag == "!!bool" && n.Value == "true":
		r.Enabled = &on
	case n.Value == "off" || n.Tag == "!!bool" && n.Value == "false":
		on = false
		r.Enabled = &on
	default:
		s, err := result.ParseSeverity(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil {
			d.fail(n, "", "rules: want off, on, a severity (%s) or a mapping, got %s", joinSeverities(), shape(n))
			return
		}
		r.Enabled, r.Severity = &on, &s
	}
}

// Policy says where policies are, and which targets they are for.
type Policy struct {
	Path    Path        `yaml:"path" need:"required" doc:"A file, or a directory with all files below it."`
	Targets []Glob      `yaml:"targets" doc:"Globs of the names of the targets that they are for; all if empty."`
	At      source.Span `yaml:"-"`
}

// decode reads the short form too: the path.
func (p *Policy) decode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		p.At = d.at(n)
		d.value(n, valueOf(&p.Path), "policies")
		return
	}
	type plain Policy // without this method
	d.object(n, valueOf((*plain)(p)), "policies")
}

// For reports whether the policies are for the target.
func (p *Policy) For(target string) bool {
	return len(p.Targets) == 0 || slices.ContainsFunc(p.Targets, func(g Glob) bool { return g.Match(target) })
}

// Default is the configuration without a file.
func Default() *Config {
	return &Config{KubeVersion: DefaultKubeVersion, FailOn: "high"}
}

// Parse decodes a configuration file over the defaults. The error joins all
// faults, each an *Error.
func Parse(path string, data []byte) (*Config, error) {
	c := Default()
	c.Path = path
	if err := decodeFile(path, data, c); err != nil {
		return nil, err
	}
	var errs []error
	for i := range c.Intents {
		if err := c.Intents[i].Check(); err != nil {
			errs = append(errs, &Error{At: c.Intents[i].At, Msg: fmt.Sprintf("intents[%d]: %v", i, err)})
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return c, nil
}

// Load reads the configuration of a repository: FileName at its root, or the
// defaults if there is none.
func Load(repo *source.Repo) (*Config, error) {
	// A link that leads nowhere or outside is an error, not an absent file.
	if _, err := repo.Lstat(FileName); err != nil {
		return Default(), nil
	}
	data, err := repo.ReadFile(FileName)
	if err != nil {
		return nil, err
	}
	return Parse(FileName, data)
}

// Excluded reports whether the user excluded the repository path p.
func (c *Config) Excluded(p string) bool {
	return slices.ContainsFunc(c.Exclude, func(g Glob) bool { return g.Match(p) })
}

// DefaultWarning is for how many days before its end a suppression is a
// finding.
const DefaultWarning = 14

// Warning is WarnBefore, or its default.
func (c *Config) Warning() int {
	if c.WarnBefore != nil {
		return *c.WarnBefore
	}
	return DefaultWarning
}

// RuleNames lists the keys of Rules, sorted.
func (c *Config) RuleNames() []string { return slices.Sorted(maps.Keys(c.Rules)) }
