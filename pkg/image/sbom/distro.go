package sbom

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// parseRelease reads os-release(5).
func parseRelease(text string) (d image.Distro) {
	for line := range strings.Lines(text) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
		v = strings.Trim(v, `"'`)
		if len(v) > 128 {
			continue
		}
		switch k {
		case "ID":
			d.ID = strings.ToLower(v)
		case "VERSION_ID":
			d.Version = v
		case "PRETTY_NAME":
			d.Name = v
		}
	}
	return d
}

// Ecosystem is OSV's name for a distribution's advisories, "" where OSV has
// none. Names: https://ossf.github.io/osv-schema/#defined-ecosystems; what
// VERSION_ID holds: the os-release files of each distribution's images.
func Ecosystem(d image.Distro) string {
	major, _, _ := strings.Cut(d.Version, ".")
	named := func(eco, release string) string {
		if release == "" { // testing, rolling: advisories are by release
			return ""
		}
		return eco + ":" + release
	}
	switch d.ID {
	case "debian":
		return named("Debian", major)
	case "ubuntu":
		return named("Ubuntu", d.Version)
	case "alpine":
		parts := strings.Split(d.Version, ".")
		if len(parts) != 3 || strings.ContainsAny(parts[2], "_-") { // edge
			return ""
		}
		return "Alpine:v" + parts[0] + "." + parts[1]
	case "wolfi":
		return "Wolfi"
	case "chainguard":
		return "Chainguard"
	case "minimos":
		return "MinimOS"
	case "rocky":
		return named("Rocky Linux", major)
	case "almalinux":
		return named("AlmaLinux", major)
	case "rhel":
		return named("Red Hat", major)
	case "sles", "sled", "sles_sap":
		return named("SUSE", d.Version)
	case "opensuse-leap":
		if d.Version == "" {
			return ""
		}
		return "openSUSE:Leap " + d.Version
	case "opensuse-tumbleweed":
		return "openSUSE:Tumbleweed"
	case "mageia":
		return named("Mageia", d.Version)
	}
	return ""
}

// ecosystem is where advisories about a package of the kind are.
func ecosystem(d image.Distro, kind string) string {
	if kind == "opkg" {
		return ""
	}
	return Ecosystem(d)
}

// coverage says what the packages found leave open.
func coverage(d image.Distro, system, all, unversioned int) (gaps []image.Gap) {
	if system > 0 && d.ID == "" {
		gaps = append(gaps, image.Gap{What: fmt.Sprintf("%d packages of a distribution", system), Why: "the image does not say which: it has no os-release file",
			Hint: "scan the image with an engine that knows its distribution"})
	}
	if all == 0 {
		gaps = append(gaps, image.Gap{What: "packages", Why: "the image holds no package manager's database and no package of a known language, so that nothing could be looked up", Known: true})
	}
	if unversioned > 0 {
		gaps = append(gaps, image.Gap{What: fmt.Sprintf("%d Go modules", unversioned), Why: "they were built without a version and could not be looked up", Known: true})
	}
	return gaps
}
