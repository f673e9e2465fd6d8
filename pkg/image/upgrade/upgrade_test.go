package upgrade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

func TestMoves(t *testing.T) {
	for _, tt := range []struct{ tag, all, want string }{
		{"1.25.3", "1.25.2 1.25.3 1.25.4 1.25.10 1.26.0 1.27.1 2.0.0", "1.25.10 1.27.1"},
		{"1.25.3", "1.25.4-alpine 1.25 v1.25.9 1.25.4-rc1 1.25.03x latest", ""},
		{"v1.2.3-alpine", "v1.2.4-alpine 1.2.5-alpine v1.2.6 v1.3.0-alpine", "v1.2.4-alpine v1.3.0-alpine"},
		{"1.25", "1.26 1.30 1.25.9 2.1", "1.30"},
		{"1.25.3", "1.26.0 1.25.3", "1.26.0"},
		{"1.25.3", "1.25.4", "1.25.4"},
		{"latest", "1.0.0", ""}, {"20240101", "20240201", ""}, {"1", "2", ""},
		{"1.0.0", "1.0.99999999999999999999", ""},
	} {
		if got := strings.Join(moves(tt.tag, strings.Fields(tt.all)), " "); got != tt.want {
			t.Errorf("%s of %s: got %q, want %q", tt.tag, tt.all, got, tt.want)
		}
	}
}

// engine knows images by reference, as the ids that they have.
type engine map[string]string

func (e engine) Scan(_ context.Context, ref string) (*image.Result, error) {
	ids, ok := e[ref]
	if !ok {
		return nil, errors.New("MANIFEST_UNKNOWN")
	}
	r := &image.Result{Inventory: image.Inventory{Image: result.ImageID{Ref: ref, Digest: "sha256:" + fmt.Sprintf("%x", ref+ids), Index: ""}}}
	for _, id := range strings.Fields(ids) {
		if id == "GAP" {
			r.Gaps = append(r.Gaps, image.Gap{What: "a file", Why: "is damaged"})
			continue
		}
		id, alias, _ := strings.Cut(id, "=")
		v := result.Vulnerability{ID: id, Packages: []result.AffectedPackage{{Name: "p", Fixed: "2"}}}
		if alias != "" {
			v.Aliases = []string{alias}
		}
		if strings.HasPrefix(id, "NOFIX") {
			v.Packages[0].Fixed = ""
		}
		r.Vulnerabilities = append(r.Vulnerabilities, v)
	}
	return r, nil
}

func TestSuggest(t *testing.T) {
	tags := func(context.Context, string) ([]string, error) { return []string{"1.0.0", "1.0.1", "1.1.0"}, nil }
	for name, tt := range map[string]struct {
		e    engine
		ref  string
		tags func(context.Context, string) ([]string, error)
		want string // the upgrade of each
		gap  string
	}{
		"the smallest first": {e: engine{"x:1.0.0": "A B C", "x:1.0.1": "B C", "x:1.1.0": "C"}, want: "x:1.0.1 x:1.1.0 -"},
		"by alias":           {e: engine{"x:1.0.0": "A=GHSA", "x:1.0.1": "GHSA", "x:1.1.0": ""}, want: "x:1.1.0"},
		"nothing to mend":    {e: engine{"x:1.0.0": "NOFIX"}, want: "-"},
		"incomplete":         {e: engine{"x:1.0.0": "A", "x:1.0.1": "GAP", "x:1.1.0": "A"}, want: "-"},
		"gone":               {e: engine{"x:1.0.0": "A", "x:1.1.0": ""}, want: "x:1.1.0", gap: "the upgrade to x:1.0.1"},
		"pinned":             {e: engine{"x:1.0.0@sha256:1": "A B", "x:1.0.0": "B", "x:1.0.1": "", "x:1.1.0": ""}, ref: "x:1.0.0@sha256:1", want: "x:1.0.0@sha256:783a312e302e3042 x:1.0.1@sha256:783a312e302e31"},
		"no list":            {e: engine{"x:1.0.0": "A"}, tags: func(context.Context, string) ([]string, error) { return nil, errors.New("DENIED") }, want: "-", gap: "DENIED"},
		"by digest alone":    {e: engine{"x@sha256:1": "A"}, ref: "x@sha256:1", want: "-"},
	} {
		t.Run(name, func(t *testing.T) {
			list, ref := tags, "x:1.0.0"
			if tt.tags != nil {
				list = tt.tags
			}
			if tt.ref != "" {
				ref = tt.ref
			}
			res, err := Suggest(tt.e, list).Scan(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range res.Vulnerabilities {
				if v.Upgrade == "" {
					v.Upgrade = "-"
				}
				got = append(got, v.Upgrade)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if has := slices.ContainsFunc(res.Gaps, func(g image.Gap) bool { return g.Known && strings.Contains(g.String(), tt.gap) }); has != (tt.gap != "") {
				t.Errorf("gaps %v, want %q", res.Gaps, tt.gap)
			}
		})
	}
}
