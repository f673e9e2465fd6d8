package sbom

import (
	"archive/tar"
	"maps"
	"path"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// What notable files are.
const (
	shell   = "shell"
	manager = "package-manager"
	setuid  = "setuid"
)

// programs are shells and the package managers of distributions, by name, in
// the directories below.
var programs = map[string]string{
	"sh": shell, "bash": shell, "dash": shell, "ash": shell, "zsh": shell, "ksh": shell, "mksh": shell, "fish": shell, "csh": shell, "tcsh": shell, "busybox": shell, "toybox": shell,
	"apt": manager, "apt-get": manager, "dpkg": manager, "apk": manager, "rpm": manager, "dnf": manager, "dnf5": manager, "microdnf": manager,
	"tdnf": manager, "yum": manager, "zypper": manager, "pacman": manager, "opkg": manager, "emerge": manager, "xbps-install": manager, "nix-env": manager,
}

var programDirs = map[string]bool{"bin/": true, "sbin/": true, "usr/bin/": true, "usr/sbin/": true, "usr/local/bin/": true, "usr/local/sbin/": true}

// Mode bits of tar(5).
const (
	modeSetuid = 0o4000
	modeSetgid = 0o2000
	modeExec   = 0o111
)

const maxNotable = 10_000

// note keeps what the entry is. The last entry of a name counts.
func (r *reader) note(name string, hdr *tar.Header) {
	delete(r.layer.Notable, name)
	var kinds []string
	dir, base := path.Split(name)
	if kind := programs[base]; kind != "" && programDirs[dir] {
		switch hdr.Typeflag {
		case tar.TypeReg, tar.TypeLink, tar.TypeSymlink:
			kinds = append(kinds, kind)
		}
	}
	if hdr.Typeflag == tar.TypeReg && hdr.Mode&(modeSetuid|modeSetgid) != 0 && hdr.Mode&modeExec != 0 {
		kinds = append(kinds, setuid)
	}
	if kinds == nil || len(r.layer.Notable) >= maxNotable {
		return
	}
	if r.layer.Notable == nil {
		r.layer.Notable = map[string][]string{}
	}
	r.layer.Notable[name] = kinds
}

// contents are the notable files that are left when layers are merged.
func (m *merger) contents() *image.Contents {
	out := &image.Contents{}
	for i, l := range m.layers {
		for _, p := range slices.Sorted(maps.Keys(l.Notable)) {
			if m.hidden(i, p) {
				continue
			}
			for _, kind := range l.Notable[p] {
				switch kind {
				case shell:
					out.Shells = append(out.Shells, "/"+p)
				case manager:
					out.PackageManagers = append(out.PackageManagers, "/"+p)
				case setuid:
					out.Setuid = append(out.Setuid, "/"+p)
				}
			}
		}
	}
	for _, list := range []*[]string{&out.Shells, &out.PackageManagers, &out.Setuid} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return out
}
