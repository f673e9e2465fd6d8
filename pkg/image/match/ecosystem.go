package match

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// Base is an ecosystem's name without its release: "Debian" of "Debian:12".
// It names the folder of the database that holds its records.
func Base(ecosystem string) string {
	base, _, _ := strings.Cut(ecosystem, ":")
	return base
}

var (
	servicePack = regexp.MustCompile(`(?:^|\s)(\d+) SP(\d+)(?:\D|$)`)
	rhelMajor   = regexp.MustCompile(`^enterprise_linux:(\d+)(?:\.\d+)?(?:$|:)`)
	pySeparator = regexp.MustCompile(`[-_.]+`)
)

// Release is an ecosystem as the index keeps it. Databases name some
// releases by product, which an installed system does not know:
//
//	Ubuntu:22.04:LTS                           Ubuntu:22.04
//	Red Hat:enterprise_linux:9::appstream      Red Hat:9
//	SUSE:Linux Enterprise Module … 15 SP5      SUSE:15.5
func Release(ecosystem string) string {
	base, rel, ok := strings.Cut(ecosystem, ":")
	if !ok {
		return base
	}
	switch base {
	case "Ubuntu":
		rel = strings.TrimSuffix(rel, ":LTS")
	case "Red Hat":
		if m := rhelMajor.FindStringSubmatch(rel); m != nil {
			rel = m[1]
		}
	case "SUSE":
		if m := servicePack.FindStringSubmatch(rel); m != nil {
			rel = m[1] + "." + m[2]
		}
	}
	return base + ":" + rel
}

// Key is where the index keeps the advisories of a package: its ecosystem,
// with release, and its name as the ecosystem compares names.
func Key(ecosystem, name string) string {
	switch Base(ecosystem) {
	case "PyPI":
		name = pySeparator.ReplaceAllLiteralString(strings.ToLower(name), "-")
	case "NuGet", "Packagist":
		name = strings.ToLower(name)
	}
	return Release(ecosystem) + "\x00" + name
}

// coverage says what OSV data leaves open of a distribution's packages.
func coverage(inv *image.Inventory) []image.Gap {
	d := inv.Distro
	if d.ID == "" {
		return nil // the inventory says so
	}
	system, none := 0, 0
	for _, p := range inv.Packages {
		if !p.OS {
			continue
		}
		system++
		if p.Ecosystem == "" {
			none++
		}
	}
	name := cmp.Or(d.Name, strings.TrimSpace(d.ID+" "+d.Version))
	switch {
	case none > 0:
		return []image.Gap{{What: fmt.Sprintf("%d packages of %q", none, name), Why: "no OSV database holds advisories for this release",
			Hint: "scan the image with an engine that knows its distribution: --image-scanner"}}
	case d.ID == "rhel" && system > 0:
		return []image.Gap{{What: fmt.Sprintf("packages of %q", name), Why: "advisories for modules and extended support are matched in part only",
			Hint: "scan the image with Trivy or Clair, too: --image-scanner", Known: true}}
	}
	return nil
}
