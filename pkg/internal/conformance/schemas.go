package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/schema"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

const (
	kubeconformModule  = "github.com/yannh/kubeconform/cmd/kubeconform"
	kubeconformVersion = "v0.8.0"
)

// verdict is one object's, by both programs.
type verdict struct {
	name   string // of the object, with where it stands
	object *manifest.Object
	ours   []schema.Problem
	theirs string // kubeconform's status
	why    string // its message
}

// schemasPart gives every object of the corpus, one at a time, to kubeconform
// in strict mode and to our schemas, and compares valid with invalid. The
// schemas that kubeconform reads are made here, of the document that ours are
// made of, as its own are.
func schemasPart(ctx context.Context, o options) (bool, error) {
	bin, err := tool(ctx, kubeconformModule, kubeconformVersion)
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "kustoms-schemas-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if err := strictSchemas(ctx, dir); err != nil {
		return false, err
	}
	objects, err := corpusObjects(ctx, o.corpus)
	if err != nil {
		return false, err
	}
	x := index.New(result.Target{KubeVersion: kubeVersion}, nil)
	set := x.Schemas()
	all := map[string]*verdict{}
	work := filepath.Join(dir, "objects")
	if err := os.Mkdir(work, 0o777); err != nil {
		return false, err
	}
	unknown := 0
	for i, obj := range objects {
		root := set.Of(obj.Key.APIVersion, obj.Key.Kind)
		if root == nil {
			unknown++
			continue
		}
		text, err := yaml.Marshal(obj.Node)
		if err != nil {
			return false, fmt.Errorf("%s: %w", obj, err)
		}
		file := filepath.Join(work, fmt.Sprintf("%06d.yaml", i))
		if err := os.WriteFile(file, text, 0o666); err != nil {
			return false, err
		}
		all[file] = &verdict{name: fmt.Sprintf("%s in %s", obj, obj.Doc.Path), object: obj, ours: set.Check(obj, root)}
	}
	cmd := exec.CommandContext(ctx, bin, "-strict", "-output", "json", "-verbose", "-ignore-missing-schemas", "-n", "2",
		"-schema-location", filepath.Join(dir, "{{ .ResourceKind }}{{ .KindSuffix }}.json"), work)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && stdout.Len() == 0 {
		return false, fmt.Errorf("kubeconform: %w: %s", err, stderr.String())
	}
	var report struct {
		Resources []struct{ Filename, Status, Msg string }
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		return false, fmt.Errorf("kubeconform: %w", err)
	}
	for _, r := range report.Resources {
		if v := all[r.Filename]; v != nil {
			v.theirs, v.why = r.Status, r.Msg
		}
	}
	agree, explained, open, invalid := 0, map[string]int{}, 0, 0
	for _, file := range slices.Sorted(maps.Keys(all)) {
		v := all[file]
		bad := v.theirs == "statusInvalid" || v.theirs == "statusError"
		if bad {
			invalid++
		}
		switch reason := v.explain(bad); {
		case v.theirs == "" || v.theirs == "statusSkipped":
			open++
			fmt.Printf("  NOT JUDGED by kubeconform: %s (%s)\n", v.name, v.why)
		case bad == (len(v.ours) > 0):
			agree++
		case reason != "":
			explained[reason]++
			if o.verbose {
				fmt.Printf("  explained: %s: %s: %s\n", v.name, reason, v.told())
			}
		default:
			open++
			fmt.Printf("  DIFFERENT: %s: ours %s; kubeconform %s %s\n", v.name, v.told(), v.theirs, v.why)
		}
	}
	fmt.Printf("schemas: %d objects of built-in kinds (%d of others left out), %d invalid for kubeconform: agreed %d, differing with a reason %d, unexplained %d\n",
		len(all), unknown, invalid, agree, len(all)-agree-open, open)
	for _, reason := range slices.Sorted(maps.Keys(explained)) {
		fmt.Printf("schemas: %d differ: %s\n", explained[reason], reason)
	}
	return open == 0, nil
}

func (v *verdict) told() string {
	var out []string
	for _, p := range v.ours {
		out = append(out, p.Message)
	}
	return fmt.Sprintf("%q", strings.Join(out, "; "))
}

// explain is why only one of the two calls the object invalid, "" if nobody
// knows.
func (v *verdict) explain(bad bool) string {
	if bad || len(v.ours) == 0 {
		return ""
	}
	reasons := map[string]bool{}
	for _, p := range v.ours {
		switch {
		case p.Reason == schema.Invalid && strings.Contains(p.Message, "must be one of"):
			reasons["the published document leaves enums out; the API server checks them"] = true
		case p.Reason == schema.Invalid:
			reasons["the published document's formats (quantity, base64, times, int32) are only notes to kubeconform; the API server decodes them"] = true
		case p.Reason == schema.Duplicate:
			reasons["keys of lists are no matter of JSON Schema; the API server checks them"] = true
		default:
			return ""
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(reasons)), "; ")
}

// corpusObjects are the objects of the corpus' charts, as rendered with their
// defaults, and of its plain files.
func corpusObjects(ctx context.Context, corpus string) ([]*manifest.Object, error) {
	var out []*manifest.Object
	dir, charts, err := corpusCopy(ctx, corpus)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	r := &helm.Renderer{Repo: repo, KubeVersion: kubeVersion}
	for _, chart := range charts {
		rendered, err := r.Render(ctx, result.Target{Name: chart, Kind: result.KindHelm, Path: chart, Helm: &result.Helm{}})
		if err != nil {
			continue // helmPart compares failures
		}
		for _, d := range rendered.Documents {
			if d.Parse() == nil {
				out = append(out, d.Objects()...)
			}
		}
	}
	for _, below := range []string{"manifests", "overlays", "gitops"} {
		root := filepath.Join(corpus, below)
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".yaml") && !strings.HasSuffix(p, ".yml") {
				return err
			}
			data, err := os.ReadFile(p)
			if err != nil || bytes.Contains(data, []byte("{{")) {
				return err
			}
			rel, err := filepath.Rel(corpus, p)
			if err != nil {
				return err
			}
			for _, c := range manifest.Split(data) {
				d := &manifest.Document{Path: filepath.ToSlash(rel), Text: c.Text, Line: c.Line, Map: srcmap.Identity(rel, c.Line)}
				if d.Parse() == nil && d.Node != nil && len(d.Notes) == 0 {
					out = append(out, d.Objects()...)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
