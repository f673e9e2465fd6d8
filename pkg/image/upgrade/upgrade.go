// Package upgrade looks for the smallest move to another tag or digest that
// mends what is known of an image.
package upgrade

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Suggest adds to an engine's results where to move: the candidates that tags
// lists are scanned by the same engine, so that a suggestion is never a guess.
func Suggest(engine image.Scanner, tags func(ctx context.Context, ref string) ([]string, error)) image.Scanner {
	return suggester{engine, tags}
}

type suggester struct {
	image.Scanner
	tags func(ctx context.Context, ref string) ([]string, error)
}

// Scan looks the image up and, if any version mends anything of it, the
// candidates, the smallest move first.
func (s suggester) Scan(ctx context.Context, ref string) (*image.Result, error) {
	res, err := s.Scanner.Scan(ctx, ref)
	if err != nil || !slices.ContainsFunc(res.Vulnerabilities, func(v result.Vulnerability) bool { return v.Fixable() }) || strings.HasPrefix(ref, "oci:") || strings.HasPrefix(ref, "docker-archive:") {
		return res, err
	}
	own := *res
	own.Vulnerabilities = slices.Clone(res.Vulnerabilities)
	own.Gaps = slices.Clone(res.Gaps)
	repo, tag, pinned := cut(ref)
	var list []string
	if pinned && tag != "" {
		list = append(list, repo+":"+tag) // the tag may have moved on
	}
	if tag != "" {
		all, err := s.tags(ctx, ref)
		if err != nil {
			own.Gaps = append(own.Gaps, image.Gap{What: "upgrades of the image", Why: err.Error(), Known: true})
		}
		for _, t := range moves(tag, all) {
			list = append(list, repo+":"+t)
		}
	}
	for _, candidate := range list {
		other, err := s.Scanner.Scan(ctx, candidate)
		if err != nil {
			own.Gaps = append(own.Gaps, image.Gap{What: "the upgrade to " + candidate, Why: err.Error(), Known: true})
			continue
		}
		if other.Image.Digest == res.Image.Digest || slices.ContainsFunc(other.Gaps, func(g image.Gap) bool { return !g.Known }) {
			continue
		}
		has := map[string]bool{}
		for _, v := range other.Vulnerabilities {
			for _, id := range append([]string{v.ID}, v.Aliases...) {
				has[id] = true
			}
		}
		to := candidate
		if pinned {
			to += "@" + cmp.Or(other.Image.Index, other.Image.Digest)
		}
		for i := range own.Vulnerabilities {
			v := &own.Vulnerabilities[i]
			if v.Upgrade == "" && !has[v.ID] && !slices.ContainsFunc(v.Aliases, func(a string) bool { return has[a] }) {
				v.Upgrade = to
			}
		}
	}
	return &own, nil
}

// cut takes a reference apart.
func cut(ref string) (repo, tag string, pinned bool) {
	repo, _, pinned = strings.Cut(ref, "@")
	if i := strings.LastIndexByte(repo, ':'); i > strings.LastIndexByte(repo, '/') {
		return repo[:i], repo[i+1:], pinned
	}
	return repo, "", pinned // latest: there is none above it
}

// version is a tag such as v1.25.3-alpine.
var version = regexp.MustCompile(`^(v?)(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?([-+_][A-Za-z0-9.+_-]*)?$`)

type parsed struct {
	tag            string
	prefix, suffix string
	n              [3]int
	parts          int
}

func parse(tag string) (p parsed, ok bool) {
	m := version.FindStringSubmatch(tag)
	if m == nil {
		return p, false
	}
	p = parsed{tag: tag, prefix: m[1], suffix: m[5], parts: 2}
	for i, s := range m[2:5] {
		if s != "" {
			p.n[i], _ = strconv.Atoi(s) // of at most 9 digits
			p.parts = i + 1
		}
	}
	return p, true
}

// moves are the tags worth looking at, the smallest move first: the newest
// patch of the same minor version, and the newest of the same major version.
// A tag of another form (other suffix, other number of parts) is another kind
// of image.
func moves(tag string, all []string) []string {
	cur, ok := parse(tag)
	if !ok {
		return nil
	}
	var patch, minor parsed
	for _, t := range all {
		p, ok := parse(t)
		if !ok || p.prefix != cur.prefix || p.suffix != cur.suffix || p.parts != cur.parts || p.n[0] != cur.n[0] || slices.Compare(p.n[:], cur.n[:]) <= 0 {
			continue
		}
		if p.n[1] == cur.n[1] && slices.Compare(p.n[:], patch.n[:]) > 0 {
			patch = p
		}
		if slices.Compare(p.n[:], minor.n[:]) > 0 {
			minor = p
		}
	}
	var out []string
	if patch.tag != "" {
		out = append(out, patch.tag)
	}
	if minor.tag != "" && minor.tag != patch.tag {
		out = append(out, minor.tag)
	}
	return out
}
