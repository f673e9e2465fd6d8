package secretref

import (
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// SopsFileInClear reports files that SOPS should have encrypted and did not.
var SopsFileInClear = &rule.Rule{
	Meta: rule.Meta{
		ID: "sops-file-in-clear", Severity: result.High, Since: "0.1",
		Title: "File that SOPS should encrypt is in clear",
		Why: `A creation rule names the file as one that holds secrets, and it was committed
without the encryption: a forgotten step that nothing else notices. A rule whose
encrypted_regex misses a key leaves its values readable in a file that looks
encrypted.`,
		Fix: "rotate the values, and encrypt the file with sops --encrypt --in-place",
		Refs: []string{
			"https://getsops.io/docs/#using-sopsyaml-conf-to-select-kms-pgp-and-age-for-new-files",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, file := range p.Index.Files {
			if base := path.Base(file); base != ".sops.yaml" && base != ".sops.yml" {
				continue
			}
			for _, o := range readDocuments(p, file) {
				checkSOPS(p, o.At("creation_rules"), path.Dir(file))
			}
		}
	},
}

// checkSOPS compares the files below a folder with its creation rules, of
// which the first that fits decides. A rule without path_regex only says how to
// encrypt what somebody asks for.
func checkSOPS(p *rule.Pass, rules manifest.Place, dir string) {
	var patterns []*regexp.Regexp
	for r := range rules.Items() {
		re, err := regexp.Compile(r.At("path_regex").Str())
		if err != nil || r.At("path_regex").Str() == "" {
			re = nil
		}
		patterns = append(patterns, re)
	}
	for _, file := range p.Index.Files {
		rel := file
		if dir != "." {
			var ok bool
			if rel, ok = strings.CutPrefix(file, dir+"/"); !ok {
				continue
			}
		}
		for _, re := range patterns {
			if re != nil && re.MatchString(rel) {
				checkEncrypted(p, file)
				break
			}
		}
	}
}

func checkEncrypted(p *rule.Pass, file string) {
	switch path.Ext(file) {
	case ".yaml", ".yml", ".json":
	default:
		data, err := p.Index.Repo.ReadFile(file)
		if err == nil && len(data) > 0 && !encryptedText.Match(data) {
			o := textObject(p, file, data)
			p.Report(o.Root(), "file %q is one that .sops.yaml encrypts, and is in clear: whoever reads the repository has its values", file)
		}
		return
	}
	for _, o := range readDocuments(p, file) {
		if base := path.Base(file); strings.HasPrefix(base, ".sops.y") || o.Root().Len() == 0 {
			continue
		}
		if !o.At("sops").Exists() {
			p.Report(o.Root(), "file %q is one that .sops.yaml encrypts, and is in clear: whoever reads the repository has its values", file)
			return
		}
		if o.At("kind").Str() != "Secret" {
			continue
		}
		for _, field := range [...]string{"data", "stringData"} {
			for key, at := range o.At(field).Entries() {
				if text := at.Str(); text != "" && !strings.HasPrefix(text, "ENC[") && !placeholder(text) {
					p.Report(at, "key %q of file %q is not encrypted, though SOPS has encrypted the file: its pattern leaves the key out", key, file)
				}
			}
		}
	}
}

// encryptedText finds what SOPS writes into files without YAML's structure.
var encryptedText = regexp.MustCompile(`(?m)^sops_\w+=|"sops":|^\[sops\]|ENC\[AES256_GCM`)

// readDocuments reads a file of YAML or JSON as objects, so that its fields
// have places; none if it is not readable.
func readDocuments(p *rule.Pass, file string) []*manifest.Object {
	data, err := p.Index.Repo.ReadFile(file)
	if err != nil {
		return nil
	}
	var out []*manifest.Object
	for _, c := range manifest.Split(data) {
		o := textObject(p, file, c.Text)
		o.Doc.Map, o.Doc.Line = srcmap.Identity(file, c.Line), c.Line
		if o.Doc.Parse() == nil && o.Doc.Node != nil {
			o.Node = o.Doc.Node
			out = append(out, o)
		}
	}
	return out
}

// firstLine is where a file without structure begins.
var firstLine = &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}

// textObject stands for a file that is no object of the cluster.
func textObject(p *rule.Pass, file string, text []byte) *manifest.Object {
	d := &manifest.Document{Target: p.Index.Target.Name, Path: file, Text: text, Line: 1, Map: srcmap.Identity(file, 1)}
	return &manifest.Object{Doc: d, Node: firstLine, Key: result.Key{Kind: "File", Name: file}}
}
