package discover

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// ignore is one .gitignore file and those of the directories above it. The
// last pattern that matches decides, and the deeper file wins over the higher
// one, as in gitignore(5).
type ignore struct {
	dir      string
	patterns []pattern
	up       *ignore
}

type pattern struct {
	glob    string
	negate  bool
	dirOnly bool
}

// readIgnore reads dir's ignore file; without one it is up itself.
func readIgnore(repo *source.Repo, dir string, up *ignore) *ignore {
	data, err := repo.ReadFile(path.Join(dir, ".gitignore"))
	if err != nil {
		return up
	}
	ig := &ignore{dir: dir, up: up}
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		if p, ok := parsePattern(strings.TrimRight(line, "\r\n")); ok {
			ig.patterns = append(ig.patterns, p)
		}
	}
	return ig
}

// braces are special to doublestar and not to git.
var braces = strings.NewReplacer("{", `\{`, "}", `\}`)

func parsePattern(line string) (pattern, bool) {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	if line == "" || line[0] == '#' {
		return pattern{}, false
	}
	var p pattern
	line, p.negate = strings.CutPrefix(line, "!")
	line, p.dirOnly = strings.CutSuffix(line, "/")
	line, rooted := strings.CutPrefix(line, "/")
	if line == "" {
		return pattern{}, false
	}
	p.glob = braces.Replace(line)
	if !rooted && !strings.Contains(line, "/") {
		p.glob = "**/" + p.glob
	}
	return p, doublestar.ValidatePattern(p.glob)
}

// match reports whether git ignores p, whose parent directory it does not.
func (ig *ignore) match(p string, isDir bool) bool {
	for ; ig != nil; ig = ig.up {
		rel := below(p, ig.dir)
		for i := len(ig.patterns) - 1; i >= 0; i-- {
			pt := ig.patterns[i]
			if pt.dirOnly && !isDir {
				continue
			}
			// "a/**" matches what is in a, not a.
			if strings.HasSuffix(pt.glob, "/**") && doublestar.MatchUnvalidated(strings.TrimSuffix(pt.glob, "/**"), rel) {
				continue
			}
			if doublestar.MatchUnvalidated(pt.glob, rel) {
				return !pt.negate
			}
		}
	}
	return false
}
