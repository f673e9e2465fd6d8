package image

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// byPlatform knows an image for each platform.
type byPlatform map[string]*Result

func (b byPlatform) Scan(ctx context.Context, _ string) (*Result, error) {
	r := b[PlatformOf(ctx)]
	if r == nil {
		return nil, errors.New("no such image")
	}
	return r, nil
}

func TestAllPlatforms(t *testing.T) {
	one := func(digest string, vulns ...result.Vulnerability) *Result {
		return &Result{Inventory: Inventory{
			Image: result.ImageID{Ref: "x:1", Digest: digest, Index: "sha256:index"}, Layers: []result.Layer{{Index: 0, Digest: digest}},
			Packages: []Package{{Name: "p", Version: "1"}, {Name: "q", Version: "1", Layer: -1}}, Gaps: []Gap{{What: "a file", Why: "is odd", Known: true}},
		}, Engine: "native", Vulnerabilities: vulns}
	}
	v := func(id string, rating result.Rating, pkg, version string) result.Vulnerability {
		return result.Vulnerability{ID: id, Rating: rating, Packages: []result.AffectedPackage{{Name: pkg, Installed: version}}}
	}
	amd, arm := one("sha256:amd", v("A", result.RatedLow, "p", "1")), one("sha256:arm", v("A", result.RatedLow, "p", "1"), v("A2", result.RatedHigh, "p", "2"))
	s := byPlatform{"linux/amd64": amd, "linux/arm64": arm, "": amd}
	platforms := []string{"linux/amd64", "linux/arm64"}
	all := Once(AllPlatforms(Once(s, 1), func(context.Context, string) ([]string, error) { return platforms, nil }), 1)
	r, err := all.Scan(t.Context(), "x:1")
	if err != nil {
		t.Fatal(err)
	}
	if r.Image.Digest != "sha256:index" || r.Image.Platform != "linux/amd64, linux/arm64" || len(r.Layers) != 2 || len(r.Packages) != 4 || r.Packages[2].Layer != 1 || r.Packages[3].Layer != -1 {
		t.Errorf("%+v", r)
	}
	if len(r.Gaps) != 2 || r.Gaps[1].What != "linux/arm64: a file" {
		t.Errorf("%v", r.Gaps)
	}
	if len(r.Vulnerabilities) != 2 || r.Vulnerabilities[0].ID != "A2" || r.Vulnerabilities[0].Packages[0].Layer.Index != 1 || r.Vulnerabilities[0].Image.Platform != "linux/arm64" ||
		len(r.Vulnerabilities[1].Packages) != 1 || r.Vulnerabilities[1].Image.Platform != "linux/amd64, linux/arm64" {
		t.Errorf("%+v", r.Vulnerabilities)
	}
	if len(arm.Vulnerabilities[1].Packages) != 1 || arm.Vulnerabilities[1].Packages[0].Layer.Index != 0 {
		t.Error("a result that is shared was changed")
	}
	delete(s, "linux/arm64")
	if _, err := AllPlatforms(s, func(context.Context, string) ([]string, error) { return platforms, nil }).Scan(t.Context(), "x:1"); err == nil || !strings.Contains(err.Error(), "for linux/arm64: no such image") {
		t.Errorf("got %v", err)
	}
	platforms = nil
	if r, err := AllPlatforms(s, func(context.Context, string) ([]string, error) { return platforms, nil }).Scan(t.Context(), "x:1"); err != nil || r != amd {
		t.Errorf("of one platform: %v, %v", r, err)
	}
}
