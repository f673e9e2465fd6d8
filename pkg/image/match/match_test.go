package match

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// index builds and opens the index of made-up records.
func index(t testing.TB, ecosystem string, records ...any) *Index {
	t.Helper()
	x, err := tryIndex(t, ecosystem, records...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func tryIndex(t testing.TB, ecosystem string, records ...any) (*Index, error) {
	t.Helper()
	dir := imagetest.OSV(t, t.TempDir(), ecosystem, records...)
	f, err := os.Open(filepath.Join(dir, ecosystem, "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "index.db")
	if _, err := Build(context.Background(), ecosystem, f, st.Size(), file, nil); err != nil {
		if _, serr := os.Stat(file); serr == nil {
			t.Error("a refused index was left behind")
		}
		return nil, err
	}
	x, err := Open(file)
	if err == nil {
		t.Cleanup(func() { x.Close() })
	}
	return x, err
}

// rec is a record about package p of npm, or another ecosystem, with these
// fields of its one affected entry.
func rec(id, ecosystem, affected, more string) string {
	return fmt.Sprintf(`{"id":%q,"modified":"2026-01-02T03:04:05Z","new_field":{"of":["a schema to come"]},%s
		"affected":[{"package":{"ecosystem":%q,"name":"p"},"new":1,%s}]}`, id, more, ecosystem, affected)
}

func ids(vs []result.Vulnerability) string {
	var out []string
	for _, v := range vs {
		out = append(out, v.ID)
	}
	return strings.Join(out, " ")
}

func TestRanges(t *testing.T) {
	rg := func(typ, events string) string { return fmt.Sprintf(`{"type":%q,"events":[%s]}`, typ, events) }
	ranges := func(all ...string) string { return `"ranges":[` + strings.Join(all, ",") + `]` }
	git := rg("GIT", `{"introduced":"0"},{"fixed":"abcdef0123"}`)
	upTo2 := rg("SEMVER", `{"introduced":"1.0.0"},{"fixed":"2.0.0"}`)
	for _, tt := range []struct {
		name, ecosystem, affected, more string
		in, out                         []string
		fixed                           string // for the first of in
	}{
		{name: "fixed", affected: ranges(upTo2), in: []string{"1.0.0", "1.9.9", "2.0.0-rc.1"}, out: []string{"0.9.0", "2.0.0", "3.0.0", "1.0.0-beta"}, fixed: "2.0.0"},
		{name: "a GIT range first", affected: ranges(git, upTo2), in: []string{"1.5.0"}, out: []string{"2.0.0"}, fixed: "2.0.0"},
		{name: "a GIT range last", affected: ranges(upTo2, git), in: []string{"1.5.0"}, out: []string{"2.0.0"}, fixed: "2.0.0"},
		{name: "commits alone", affected: ranges(git), out: []string{"1.5.0"}},
		{name: "commits and versions", affected: ranges(git) + `,"versions":["1.5.0"]`, in: []string{"1.5.0"}, out: []string{"1.5.1"}},
		{name: "events in any order", affected: ranges(rg("SEMVER", `{"fixed":"2.0.0"},{"introduced":"3.0.0"},{"fixed":"3.1.0"},{"introduced":"0"}`)),
			in: []string{"0.0.1", "1.0.0", "3.0.0", "3.0.9"}, out: []string{"2.0.0", "2.9.0", "3.1.0"}, fixed: "2.0.0"},
		{name: "several ranges", affected: ranges(upTo2, rg("ECOSYSTEM", `{"introduced":"4.0.0"},{"fixed":"4.2.0"}`)), in: []string{"4.1.0", "1.1.0"}, out: []string{"2.5.0", "4.2.0"}, fixed: "4.2.0"},
		{name: "last_affected", affected: ranges(rg("SEMVER", `{"introduced":"0"},{"last_affected":"2.0.0"}`)), in: []string{"2.0.0", "0.1.0"}, out: []string{"2.0.1"}},
		{name: "no end", affected: ranges(rg("SEMVER", `{"introduced":"1.0.0"}`)), in: []string{"1.0.0", "99.0.0"}, out: []string{"0.9.9"}},
		{name: "limit", affected: ranges(rg("SEMVER", `{"introduced":"0"},{"limit":"2.0.0"}`)), in: []string{"1.9.0"}, out: []string{"2.0.0", "3.0.0"}},
		{name: "several limits", affected: ranges(rg("SEMVER", `{"introduced":"0"},{"limit":"1.0.0"},{"limit":"2.0.0"}`)), in: []string{"1.9.0"}, out: []string{"2.0.0"}},
		{name: "limit of all", affected: ranges(rg("SEMVER", `{"introduced":"0"},{"limit":"*"}`)), in: []string{"9.0.0"}},
		{name: "versions alone", affected: `"versions":["1.0.0","1.2.0"]`, in: []string{"1.0.0", "1.2.0"}, out: []string{"1.1.0"}},
		{name: "versions beside a range that does not hold them", affected: ranges(upTo2) + `,"versions":["0.5.0"]`, in: []string{"0.5.0", "1.5.0"}, out: []string{"0.6.0"}, fixed: "2.0.0"},
		{name: "withdrawn", affected: ranges(upTo2), more: `"withdrawn":"2026-01-01T00:00:00Z",`, out: []string{"1.5.0"}},
		{name: "epochs", ecosystem: "Debian:12", affected: ranges(rg("ECOSYSTEM", `{"introduced":"0"},{"fixed":"1:2.0-1"}`)), in: []string{"9.0-1", "1:1.9-9", "1:2.0-1~bpo12+1"}, out: []string{"1:2.0-1", "2:0.1-1"}, fixed: "1:2.0-1"},
		{name: "rpm", ecosystem: "Rocky Linux:9", affected: ranges(rg("ECOSYSTEM", `{"introduced":"0"},{"fixed":"0:1.2.3-4.el9_2"}`)), in: []string{"1.2.3-4.el9_1", "1.2.3~rc1-9.el9"}, out: []string{"1.2.3-4.el9_2", "1:1.0-1.el9"}, fixed: "0:1.2.3-4.el9_2"},
		{name: "apk", ecosystem: "Alpine:v3.20", affected: ranges(rg("ECOSYSTEM", `{"introduced":"0"},{"fixed":"1.2.3-r4"}`)), in: []string{"1.2.3-r3", "1.2.3_rc1-r9", "1.2.2b-r0"}, out: []string{"1.2.3-r4", "1.2.3-r10", "1.2.3_p1-r0"}, fixed: "1.2.3-r4"},
		{name: "pypi", ecosystem: "PyPI", affected: ranges(rg("ECOSYSTEM", `{"introduced":"1.0"},{"fixed":"1.10"}`)), in: []string{"1.9", "1.10rc1", "1.0.post1"}, out: []string{"1.10", "1.0.dev1", "1!0.1"}, fixed: "1.10"},
		{name: "maven", ecosystem: "Maven", affected: ranges(rg("ECOSYSTEM", `{"introduced":"0"},{"fixed":"2.15.0"}`)), in: []string{"2.14.1", "2.15.0-rc1", "2.0-beta9"}, out: []string{"2.15.0", "2.15.0.Final"}, fixed: "2.15.0"},
		{name: "gems", ecosystem: "RubyGems", affected: ranges(rg("ECOSYSTEM", `{"introduced":"0"},{"fixed":"1.2.0"}`)), in: []string{"1.2.0.rc1", "1.1.9"}, out: []string{"1.2", "1.2.0"}, fixed: "1.2.0"},
		{name: "releases of Ubuntu", ecosystem: "Ubuntu:22.04:LTS", affected: ranges(rg("ECOSYSTEM", `{"introduced":"0"},{"fixed":"2.0-0ubuntu1"}`)), in: []string{"1.9-0ubuntu1"}, out: []string{"2.0-0ubuntu1"}, fixed: "2.0-0ubuntu1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eco := tt.ecosystem
			if eco == "" {
				eco = "npm"
			}
			other := rec("OTHER-1", eco, `"versions":["77.0.0"]`, "")
			x := index(t, Base(eco), rec("X-1", eco, tt.affected, tt.more), other)
			m := Matcher{Indexes: map[string]*Index{Base(eco): x}}
			try := func(version string) *Found {
				found, err := m.Match(context.Background(), &image.Inventory{Packages: []image.Package{{Name: "p", Version: version, Ecosystem: Release(eco)}}})
				if err != nil {
					t.Fatal(err)
				}
				if len(found.Gaps) > 0 {
					t.Errorf("%s: %v", version, found.Gaps)
				}
				return found
			}
			for i, v := range tt.in {
				found := try(v)
				if ids(found.Vulnerabilities) != "X-1" {
					t.Errorf("%s is not affected", v)
				} else if got := found.Vulnerabilities[0].Packages[0].Fixed; i == 0 && got != tt.fixed {
					t.Errorf("%s is mended by %q, want %q", v, got, tt.fixed)
				}
			}
			for _, v := range tt.out {
				if got := ids(try(v).Vulnerabilities); got != "" {
					t.Errorf("%s is affected by %s", v, got)
				}
			}
		})
	}
}

// TestGroups takes advisories of one fault as one, and an erratum for each
// fault that it mends.
func TestGroups(t *testing.T) {
	at := `"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.0"}]}]`
	deb := index(t, "Debian",
		rec("DEBIAN-CVE-2026-1", "Debian:12", at, `"upstream":["CVE-2026-1"],`),
		rec("DEBIAN-CVE-2026-2", "Debian:12", at, `"upstream":["CVE-2026-2"],`),
		rec("DSA-1-1", "Debian:12", at, `"upstream":["CVE-2026-1","CVE-2026-2"],`),
		rec("DEBIAN-CVE-2026-3", "Debian:12", at+`,"ecosystem_specific":{"urgency":"unimportant"}`, `"upstream":["CVE-2026-3"],`),
		rec("DEBIAN-CVE-2026-4", "Debian:12", at+`,"ecosystem_specific":{"urgency":"low**"}`, `"upstream":["CVE-2026-4"],`),
		rec("DLA-9-1", "Debian:12", at, `"aliases":["CVE-2026-5","CVE-2026-6"],`), // of an older schema
	)
	npm := index(t, "npm",
		rec("GHSA-aaaa", "npm", at, `"aliases":["CVE-2026-1"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"summary":"made up","severity_new":7,`),
		rec("GHSA-bbbb", "npm", at, `"aliases":["OTHER-7"],"database_specific":{"severity":"MODERATE","x":[1]},`),
		rec("OTHER-7", "npm", at, `"aliases":["GHSA-bbbb"],`),
	)
	m := Matcher{Indexes: map[string]*Index{"Debian": deb, "npm": npm}}
	inv := &image.Inventory{Packages: []image.Package{
		{Name: "p-bin", Source: "p", Version: "3.0", SourceVersion: "1.0", Ecosystem: "Debian:12", Layer: 0},
		{Name: "p", Version: "1.0.0", Ecosystem: "npm", Layer: 1, Path: "app/package.json"},
	}, Layers: []result.Layer{{Index: 0, Base: true}, {Index: 1}}}
	found, err := m.Match(context.Background(), inv)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ids(found.Vulnerabilities), "CVE-2026-1 CVE-2026-2 CVE-2026-5 CVE-2026-6 GHSA-bbbb CVE-2026-4"; got != want {
		t.Fatalf("got %s\nwant %s", got, want)
	}
	if found.Hidden != 1 {
		t.Errorf("hidden: %d, want CVE-2026-3 alone", found.Hidden)
	}
	one := found.Vulnerabilities[0]
	if got := strings.Join(one.Aliases, " "); got != "DEBIAN-CVE-2026-1 DSA-1-1 GHSA-aaaa" {
		t.Errorf("aliases: %s", got)
	}
	if one.Rating != result.RatedCritical || one.RatedBy != "cvss" || len(one.CVSS) != 1 || one.CVSS[0].Score != 9.8 || one.CVSS[0].Source != "GHSA-aaaa" || one.Title != "made up" {
		t.Errorf("%+v", one)
	}
	if len(one.Packages) != 2 || one.Packages[0].Path != "app/package.json" || !one.Packages[1].Layer.Base {
		t.Errorf("packages: %+v", one.Packages)
	}
	if two := found.Vulnerabilities[1]; two.Rating != result.RatedUnknown || two.Rating.Severity() != result.Medium {
		t.Errorf("%s: %s", two.ID, two.Rating)
	}
	if b := found.Vulnerabilities[4]; b.Rating != result.RatedMedium || b.RatedBy != "GHSA-bbbb" || strings.Join(b.Aliases, " ") != "OTHER-7" {
		t.Errorf("%+v", b)
	}
	if b := found.Vulnerabilities[5]; b.Rating != result.RatedLow {
		t.Errorf("%+v", b)
	}
	m.Unimportant = true
	if found, err = m.Match(context.Background(), inv); err != nil || len(found.Vulnerabilities) != 7 {
		t.Errorf("with unimportant ones: %v %v", found, err)
	}
}

// TestUnreadable counts records that cannot be read, and refuses an archive
// with many.
func TestUnreadable(t *testing.T) {
	good := func(i int) any {
		return rec(fmt.Sprintf("X-%d", i), "npm", `"versions":["1.0.0"]`, `"severity":"of another shape","references":{"a":1},"summary":["x"],`)
	}
	var records []any
	for i := range 300 {
		records = append(records, good(i))
	}
	x := index(t, "npm", append(records, `{"id":`, `{"no":"id"}`)...)
	if x.Stats.Records != 300 || x.Stats.Unreadable != 2 || x.Stats.First == "" {
		t.Errorf("%+v", x.Stats)
	}
	_, err := tryIndex(t, "npm", append(records[:50:50], `{"id":`)...)
	var many *TooManyUnreadableError
	if !errors.As(err, &many) || !strings.Contains(err.Error(), "1 of 51 records of npm cannot be read") {
		t.Errorf("got %v", err)
	}
	if _, err := tryIndex(t, "npm"); err == nil {
		t.Error("an empty archive is taken")
	}
}

func TestDamagedIndex(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"empty": "", "text": strings.Repeat("not a database ", 1000)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if x, err := Open(file); err == nil {
			x.Close()
			t.Errorf("%s is taken", name)
		}
	}
	x := index(t, "npm", rec("X-1", "npm", `"versions":["1.0.0"]`, ""))
	good, err := os.ReadFile(x.db.Path())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(good); i += len(good) / 40 {
		bad := append([]byte(nil), good...)
		for j := i; j < min(i+64, len(bad)); j++ {
			bad[j] ^= 0x5a
		}
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := Open(file) // must not panic; what it finds is for db.Verify
		if err != nil {
			continue
		}
		m := Matcher{Indexes: map[string]*Index{"npm": x}}
		_, _ = m.Match(context.Background(), &image.Inventory{Packages: []image.Package{{Name: "p", Version: "1.0.0", Ecosystem: "npm"}}})
		x.Close()
	}
}

func TestUncomparable(t *testing.T) {
	x := index(t, "Debian", rec("X-1", "Debian:12", `"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.0"}]}]`, ""))
	m := Matcher{Indexes: map[string]*Index{"Debian": x}}
	found, err := m.Match(context.Background(), &image.Inventory{Packages: []image.Package{{Name: "p", Version: "x:y", Ecosystem: "Debian:12"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Gaps) != 1 || len(found.Vulnerabilities) != 0 {
		t.Errorf("a version that cannot be compared: %+v", found)
	}
}
