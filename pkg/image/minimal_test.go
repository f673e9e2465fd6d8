package image

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

func podIndex(t *testing.T, security string) *index.Index {
	t.Helper()
	text := "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - {name: web, image: \"web:1\", securityContext: {" + security + "}}\n"
	doc := &manifest.Document{Text: []byte(text)}
	if err := doc.Parse(); err != nil {
		t.Fatal(err)
	}
	return index.New(result.Target{Name: "t"}, []*manifest.Document{doc})
}

func TestContentRules(t *testing.T) {
	many := Inventory{Distro: Distro{ID: "debian", Version: "12"}}
	for i := range manyPackages + 1 {
		many.Packages = append(many.Packages, Package{Name: fmt.Sprint("p", i), OS: true})
	}
	numbered := &Config{User: "65532:65532"}
	for name, c := range map[string]struct {
		inv      Inventory
		security string
		want     []string
	}{
		"minimal":                      {Inventory{Config: numbered, Contents: &Contents{}}, "", nil},
		"of an engine that knows less": {Inventory{}, "", nil},
		"shell, manager, setuid":       {Inventory{Config: numbered, Contents: &Contents{Shells: []string{"/bin/sh"}, PackageManagers: []string{"/sbin/apk"}, Setuid: []string{"/bin/su"}}}, "", []string{ruleManager, ruleSetuid, ruleShell}},
		"many packages":                {many, "", []string{ruleMany}},
		"ended":                        {Inventory{Distro: Distro{ID: "debian", Version: "10"}}, "", []string{ruleEnded}},
		"ended long ago":               {Inventory{Distro: Distro{ID: "alpine", Version: "3.9.2"}}, "", []string{ruleEnded}},
		"ended, a point release":       {Inventory{Distro: Distro{ID: "alpine", Version: "3.15.11"}}, "", []string{ruleEnded}},
		"supported":                    {Inventory{Distro: Distro{ID: "alpine", Version: "3.22.1"}}, "", nil},
		"not released":                 {Inventory{Distro: Distro{ID: "debian", Version: ""}}, "", nil},
		"root":                         {Inventory{Config: &Config{}}, "", []string{ruleRoot}},
		"root by number":               {Inventory{Config: &Config{User: "0:1000"}}, "", []string{ruleRoot}},
		"root, overridden":             {Inventory{Config: &Config{}}, "runAsUser: 1000", nil},
		"root, refused":                {Inventory{Config: &Config{User: "root"}}, "runAsNonRoot: true", []string{ruleRefused}},
		"a name, refused":              {Inventory{Config: &Config{User: "node"}}, "runAsNonRoot: true", []string{ruleRefused}},
		"a number":                     {Inventory{Config: numbered}, "runAsNonRoot: true", nil},
		"a name":                       {Inventory{Config: &Config{User: "node"}}, "", nil},
	} {
		x := podIndex(t, c.security)
		var sink result.Sink
		r := &Result{Inventory: c.inv}
		Analyzer{Scanner: fixed{r}}.Analyze(t.Context(), x, &sink)
		found, stages := sink.Take()
		var got []string
		for _, f := range found {
			got = append(got, f.Rule)
			if f.Image == nil || f.Image.Ref != "web:1" || f.Fix == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v (%v)", name, got, c.want, stages)
		}
		if len(c.want) > 0 {
			Analyzer{Scanner: fixed{r}, On: map[string]bool{}}.Analyze(t.Context(), x, &sink)
			if found, _ := sink.Take(); len(found) > 0 {
				t.Errorf("%s: rules that are off: %v", name, found)
			}
		}
	}
}

func TestAlternative(t *testing.T) {
	for want, p := range map[string]Package{
		"nodejs22-debian12": {Name: "left", PURL: "pkg:npm/left@1"},
		"python3-debian12":  {Name: "flask", PURL: "pkg:pypi/flask@1"},
		"java21-debian12":   {Name: "log4j", PURL: "pkg:maven/a/log4j@1"},
		"static-debian12":   {Name: "stdlib", PURL: "pkg:golang/stdlib@1"},
		"chiseled":          {Name: "x", PURL: "pkg:nuget/x@1"},
		"base-debian12":     {Name: "zlib1g", OS: true},
	} {
		if got := alternative(&Result{Inventory: Inventory{Packages: []Package{p}}}); !strings.Contains(got, want) {
			t.Errorf("%s: got %q", want, got)
		}
	}
}
