package scan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Part is one share of several of a run: Index, from 1 on, of Of.
type Part struct{ Index, Of int }

// Costs, in bytes of text looked at for secrets, which cost least.
const (
	renderCost = 4        // a byte that is rendered, twice, and checked
	packedCost = 8        // a byte of a packaged chart, unpacked
	targetCost = 32 << 10 // a target of no size
)

// unit is what one shard takes whole.
type unit struct {
	name   string
	cost   int64
	target int
	file   string // of a target of kind files, whose files are independent
	packed bool   // file is a package
}

// split deals the targets out: the dearest first, each to the shard that has
// least. It goes by names and sizes alone, so that every shard of one commit
// comes to the same plan. The repository's own files are dealt out one by one.
func (r *Run) split(ctx context.Context) ([]result.Target, *result.Shard) {
	var units []unit
	for i, t := range r.Targets {
		if t.Kind != result.KindFiles || r.FilesWhole {
			units = append(units, unit{name: t.Name, cost: r.cost(ctx, &t), target: i})
			continue
		}
		for _, f := range t.Files {
			units = append(units, unit{name: t.Name + "\x00" + f, cost: r.size(f), target: i, file: f})
		}
		for _, f := range t.Packages {
			units = append(units, unit{name: t.Name + "\x00" + f, cost: packedCost * r.size(f), target: i, file: f, packed: true})
		}
	}
	slices.SortFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(b.cost, a.cost), strings.Compare(a.name, b.name))
	})
	plan := sha256.New()
	load := make([]int64, r.Part.Of)
	mine := map[int]bool{}
	files, packages := map[int][]string{}, map[int][]string{}
	for _, u := range units {
		fmt.Fprintf(plan, "%s\x00%d\x00", u.name, u.cost)
		least := 0
		for i := range load {
			if load[i] < load[least] {
				least = i
			}
		}
		load[least] += u.cost
		if least == r.Part.Index-1 {
			mine[u.target] = true
			switch {
			case u.packed:
				packages[u.target] = append(packages[u.target], u.file)
			case u.file != "":
				files[u.target] = append(files[u.target], u.file)
			}
		}
	}
	var out []result.Target
	for i, t := range r.Targets {
		switch {
		case t.Kind == result.KindFiles && !r.FilesWhole:
			t.Files, t.Packages = slices.Sorted(slices.Values(files[i])), slices.Sorted(slices.Values(packages[i]))
		case !mine[i]:
			continue
		}
		out = append(out, t)
	}
	return out, &result.Shard{MaxFileSize: r.Repo.Limit(), Index: r.Part.Index, Of: r.Part.Of, Targets: len(r.Targets), Plan: hex.EncodeToString(plan.Sum(nil)[:16])}
}

// cost estimates what a target takes, without rendering it.
func (r *Run) cost(ctx context.Context, t *result.Target) int64 {
	n := int64(targetCost)
	if t.Status == result.Skipped {
		return n
	}
	weight := int64(renderCost)
	if t.Kind == result.KindFiles {
		weight = 1
	}
	for _, f := range t.Files {
		n += weight * r.size(f)
	}
	for _, f := range t.Packages {
		n += packedCost * r.size(f)
	}
	if t.Kind == result.KindPlain || t.Kind == result.KindFiles {
		return n
	}
	// What is missing costs nothing: its render fails at once.
	_ = r.Repo.Walk(ctx, t.Path, func(p string, d fs.DirEntry) error {
		switch {
		case d.IsDir():
		case strings.HasSuffix(p, ".tgz"):
			n += packedCost * renderCost * r.size(p)
		default:
			n += renderCost * r.size(p)
		}
		return nil
	})
	return n
}

func (r *Run) size(p string) int64 {
	info, err := r.Repo.Stat(p)
	if err != nil {
		return 0
	}
	return info.Size()
}
