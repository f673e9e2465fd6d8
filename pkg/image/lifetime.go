package image

import (
	"cmp"
	"strconv"
	"strings"
)

// lifetimesDate is the day that lifetimes speaks of.
const lifetimesDate = "2026-06-30"

// lifetimes are the releases of distributions whose general support has ended,
// by os-release's ID, oldest first: a release older than the first has ended,
// too. Of Debian and Ubuntu the day is that of long-term support without a
// contract. Sources: each project's release page, as endoflife.date collects
// them.
var lifetimes = map[string][]struct{ release, on string }{
	"debian":        {{"8", "2020-06-30"}, {"9", "2022-06-30"}, {"10", "2024-06-30"}},
	"ubuntu":        {{"14.04", "2019-04-25"}, {"16.04", "2021-04-30"}, {"18.04", "2023-05-31"}, {"20.04", "2025-05-31"}},
	"alpine":        {{"3.15", "2023-11-01"}, {"3.16", "2024-05-23"}, {"3.17", "2024-11-22"}, {"3.18", "2025-05-09"}, {"3.19", "2025-11-01"}, {"3.20", "2026-04-01"}},
	"centos":        {{"7", "2024-06-30"}, {"8", "2024-05-31"}},
	"fedora":        {{"40", "2025-05-13"}, {"41", "2025-12-15"}},
	"rhel":          {{"6", "2020-11-30"}, {"7", "2024-06-30"}},
	"opensuse-leap": {{"15.3", "2022-12-31"}, {"15.4", "2023-12-07"}, {"15.5", "2024-12-31"}},
}

// ended is the day on which general support of the distribution's release
// ended; "" if it has not, or is not known.
func ended(d Distro) string {
	have, ok := numbers(d.Version)
	if !ok {
		return ""
	}
	for i, l := range lifetimes[d.ID] {
		line, _ := numbers(l.release)
		n := len(line)
		if len(have) < n {
			n = len(have)
		}
		order := 0
		for k := range n {
			if order = cmp.Compare(have[k], line[k]); order != 0 {
				break
			}
		}
		if order == 0 && len(have) >= len(line) || order < 0 && i == 0 {
			return l.on
		}
	}
	return ""
}

func numbers(version string) (out []int, ok bool) {
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}
