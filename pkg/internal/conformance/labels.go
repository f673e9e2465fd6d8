package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/rules"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// minAgreed is the share of the labels that must agree.
const minAgreed = 0.97

// label is what another tool's authors say of a manifest: that one of their
// checks fails or passes on it.
type label struct {
	Tool     string `json:"corpus"`
	Check    string `json:"check_id"`
	Expected string `json:"expected"`
	File     string `json:"file"`
	// Lines are the first and last line of the object that the label is about;
	// none means the whole file.
	Lines []int `json:"doc_lines"`
	// Configured checks ran with settings that the label does not tell.
	Configured bool `json:"non_default_config"`
}

// peerOf are the names of the tools in the catalogue.
var peerOf = map[string]string{"kube-linter": "kubelinter", "kube-score": "kubescore", "polaris": "polaris", "trivy-checks": "trivy"}

// score counts the labels of one check.
type score struct {
	agreed, missed, wrong int
	rules                 []string
	at                    []string // of the disagreements
}

// labelsPart runs the rules over manifests whose faults other tools' authors
// have labelled, and compares the verdicts.
func labelsPart(ctx context.Context, o options) (bool, error) {
	data, err := os.ReadFile(filepath.Join(o.corpus, "manifests", "labels.json"))
	if err != nil {
		return false, err
	}
	var labels []label
	if err := json.Unmarshal(data, &labels); err != nil {
		return false, err
	}
	repo, err := source.OpenRepo(o.corpus, 0)
	if err != nil {
		return false, err
	}
	defer repo.Close()
	equal := rulesOf(func(r *rule.Rule) map[string][]string { return r.Peers })
	related := rulesOf(func(r *rule.Rule) map[string][]string { return r.Related })
	findings := map[string][]result.Finding{} // by file and, where it has settings, check
	scores := map[string]*score{}
	var out left
	for _, l := range labels {
		check := l.Tool + " " + l.Check
		ids, akin := equal[peerOf[l.Tool]+" "+l.Check], related[peerOf[l.Tool]+" "+l.Check]
		switch {
		case l.Configured:
			out.configured++
			continue
		case len(ids) == 0 && len(akin) == 0:
			out.unmapped++
			continue
		}
		key, set := l.File, settings[check]
		if set.params != nil || set.version != "" {
			key += " " + check
		}
		found, ok := findings[key]
		if !ok {
			if found, err = scanFile(ctx, repo, l.File, set); err != nil {
				return false, fmt.Errorf("%s: %w", l.File, err)
			}
			findings[key] = found
		}
		if found == nil {
			out.foreign++
			continue
		}
		fails := func(ids []string) bool {
			return slices.ContainsFunc(found, func(f result.Finding) bool {
				return slices.Contains(ids, f.Rule) && l.covers(f.Loc.Primary.Start.Line) && !set.passesOver(f.Object.Name)
			})
		}
		if len(ids) == 0 {
			out.related++
			if fails(akin) == (l.Expected == "fail") {
				out.relatedAgreed++
			}
			continue
		}
		if scores[check] == nil {
			scores[check] = &score{rules: ids}
		}
		scores[check].add(l, fails(ids))
	}
	return printScores(scores, out, o.verbose), nil
}

// rulesOf maps a tool's check to the rules whose peers name it, and to those
// that report in their place.
func rulesOf(peers func(*rule.Rule) map[string][]string) map[string][]string {
	equal := map[string][]string{}
	for _, r := range rules.Flat() {
		for tool, ids := range peers(r) {
			for _, id := range ids {
				key := tool + " " + id
				equal[key] = append(append(equal[key], r.ID), stronger[r.ID]...)
				slices.Sort(equal[key])
				equal[key] = slices.Compact(equal[key])
			}
		}
	}
	return equal
}

// scanFile runs all rules, those that are off too, over one file, with
// the setting; nil if it holds nothing but a tool's own report of a node. The other tools take a file
// for the whole cluster, so it is scanned a second time as if it were: with the
// namespaces that it uses rendered, so that what they lack is missing.
func scanFile(ctx context.Context, repo *source.Repo, file string, set setting) ([]result.Finding, error) {
	target := result.Target{Name: file, Kind: result.KindPlain, Files: []string{file}, KubeVersion: set.version}
	out, err := (&plain.Renderer{Repo: repo}).Render(ctx, target)
	if err != nil {
		return nil, err
	}
	docs := out.Documents[:0]
	for _, d := range out.Documents {
		if d.Parse() == nil { // a broken document has no verdict
			docs = append(docs, d)
		}
	}
	x := index.New(target, docs)
	if len(x.Objects) > 0 && !slices.ContainsFunc(x.Objects, func(o *manifest.Object) bool { return o.Key.Kind != "NodeInfo" }) {
		return nil, nil
	}
	params, err := set.decoded()
	if err != nil {
		return nil, err
	}
	found := []result.Finding{}
	for _, world := range []*index.Index{x, index.New(target, append(docs, namespacesOf(x)...))} {
		var sink result.Sink
		if err := rule.NewSet(rules.Flat(), params).Analyze(ctx, world, &sink); err != nil {
			return nil, err
		}
		fs, stages := sink.Take()
		for _, s := range stages {
			if s.Status == result.Failed { // what is skipped was not judged either by the label's tool
				return nil, fmt.Errorf("%s: %s", s.Name, s.Reason)
			}
		}
		found = append(found, slices.DeleteFunc(fs, func(f result.Finding) bool { return f.Loc.Primary.Path != file })...)
	}
	return found, nil
}

// namespacesOf renders the namespaces that the objects live in or name, and
// that none of them is.
func namespacesOf(x *index.Index) []*manifest.Document {
	var out []*manifest.Document
	var names []string
	for _, o := range x.Objects {
		names = append(append(names, x.Namespace(o)), o.At("spec", "namespaceSelector", "matchNames").Strings()...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if x.NamespaceObject(name) != nil {
			continue
		}
		d := &manifest.Document{Path: "namespace", Text: []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + strconv.Quote(name) + "}\n"), Line: 1, Map: srcmap.Identity("namespace", 1)}
		if d.Parse() == nil {
			out = append(out, d)
		}
	}
	return out
}

func (l label) covers(line int) bool {
	return len(l.Lines) != 2 || l.Lines[0] <= line && line <= l.Lines[1]
}

func (s *score) add(l label, fails bool) {
	switch where := l.File[strings.LastIndexByte(l.File, '/')+1:]; {
	case fails == (l.Expected == "fail"):
		s.agreed++
		return
	case fails:
		s.wrong++
		s.at = append(s.at, fmt.Sprintf("false  %s %v", where, l.Lines))
	default:
		s.missed++
		s.at = append(s.at, fmt.Sprintf("missed %s %v", where, l.Lines))
	}
}

// left counts the labels that nothing is compared for.
type left struct{ configured, related, relatedAgreed, unmapped, foreign int }

// printScores prints the agreement by check, each disagreement, and the reasons
// that are known for them.
func printScores(scores map[string]*score, out left, verbose bool) bool {
	var agreed, total, unexplained int
	for _, check := range slices.SortedFunc(maps.Keys(scores), cmp.Compare[string]) {
		s := scores[check]
		if verbose || len(s.at) > 0 {
			fmt.Printf("labels: %-62s agreed %3d  missed %2d  false %2d  %s\n", check, s.agreed, s.missed, s.wrong, strings.Join(s.rules, " "))
		}
		agreed += s.agreed
		total += s.agreed + s.missed + s.wrong
		why := departures[check]
		for i, at := range s.at {
			reason := why.why
			if i >= why.labels {
				reason = "no reason known"
				unexplained++
			}
			fmt.Printf("labels:   %s: %s\n", at, reason)
		}
	}
	fmt.Printf("labels: %d of %d agree (%.1f %%); of the others %d have a reason and %d none; left out: %d of configured checks, %d of checks that are related to a rule and not equal (%d agree), %d of checks without a rule, %d on reports of nodes, which are no manifests\n",
		agreed, total, 100*float64(agreed)/float64(max(total, 1)), total-agreed-unexplained, unexplained, out.configured, out.related, out.relatedAgreed, out.unmapped, out.foreign)
	return float64(agreed) >= minAgreed*float64(total)
}
