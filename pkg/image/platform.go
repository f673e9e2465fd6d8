package image

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

type platformKey struct{}

// ForPlatform is a context in which images for several platforms are the one
// for p, "os/arch[/variant]".
func ForPlatform(ctx context.Context, p string) context.Context {
	return context.WithValue(ctx, platformKey{}, p)
}

// PlatformOf is the platform of ForPlatform, "" for none.
func PlatformOf(ctx context.Context) string {
	p, _ := ctx.Value(platformKey{}).(string)
	return p
}

// AllPlatforms looks an image up for each platform that it is there for, and
// makes one result of them: a fault is one, whichever of them have it.
func AllPlatforms(s Scanner, platforms func(ctx context.Context, ref string) ([]string, error)) Scanner {
	return every{s, platforms}
}

type every struct {
	Scanner
	platforms func(ctx context.Context, ref string) ([]string, error)
}

// Scan looks the platforms up one after the other: images are looked up at
// once, and their layers are.
func (e every) Scan(ctx context.Context, ref string) (*Result, error) {
	all, err := e.platforms(ctx, ref)
	if err != nil {
		return nil, err
	}
	if len(all) < 2 {
		return e.Scanner.Scan(ctx, ref)
	}
	var out *Result
	for _, p := range all {
		r, err := e.Scanner.Scan(ForPlatform(ctx, p), ref)
		if err != nil {
			return nil, fmt.Errorf("for %s: %w", p, err)
		}
		if out == nil {
			out = &Result{Engine: r.Engine, DataFrom: r.DataFrom}
			out.Distro, out.Image = r.Distro, r.Image
			out.Image.Digest, out.Image.Platform = cmp.Or(r.Image.Index, r.Image.Digest), strings.Join(all, ", ")
		}
		out.add(p, r)
	}
	slices.SortFunc(out.Vulnerabilities, func(a, b result.Vulnerability) int {
		return cmp.Or(cmp.Compare(b.Rating.Severity(), a.Rating.Severity()), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

// add takes the result for one platform in.
func (r *Result) add(platform string, o *Result) {
	base := len(r.Layers)
	for _, l := range o.Layers {
		l.Index += base
		r.Layers = append(r.Layers, l)
	}
	for _, p := range o.Packages {
		if p.Layer >= 0 {
			p.Layer += base
		}
		r.Packages = append(r.Packages, p)
	}
	for _, g := range o.Gaps {
		g.What = platform + ": " + g.What
		r.Gaps = append(r.Gaps, g)
	}
	r.Hidden = max(r.Hidden, o.Hidden)
	if o.DataFrom.Before(r.DataFrom) {
		r.DataFrom = o.DataFrom
	}
	for _, v := range o.Vulnerabilities {
		v.Packages = slices.Clone(v.Packages)
		for i := range v.Packages {
			if v.Packages[i].Layer.Index >= 0 {
				v.Packages[i].Layer.Index += base
			}
		}
		v.Image = r.Image
		v.Image.Platform = platform
		i := slices.IndexFunc(r.Vulnerabilities, func(k result.Vulnerability) bool { return k.ID == v.ID })
		if i < 0 {
			r.Vulnerabilities = append(r.Vulnerabilities, v)
			continue
		}
		k := &r.Vulnerabilities[i]
		k.Image.Platform += ", " + platform
		for _, p := range v.Packages {
			if !slices.ContainsFunc(k.Packages, func(q result.AffectedPackage) bool {
				return q.Name == p.Name && q.Installed == p.Installed && q.Path == p.Path
			}) {
				k.Packages = append(k.Packages, p)
			}
		}
	}
}
