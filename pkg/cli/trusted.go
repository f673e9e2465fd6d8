package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// view is the revision's files; nil has none.
func (r *revision) view() *source.Repo {
	if r == nil {
		return nil
	}
	return r.repo
}

// hash names the revision's commit; nil has none.
func (r *revision) hash() string {
	if r == nil {
		return ""
	}
	return r.commit.Hash
}

// judged are the files, besides the configuration and the baseline, by which a
// change could wave itself through. Their entries are suppressions, which
// --policy-from applies only where the trusted revision has them, too.
var judged = []string{".gitleaksignore", ".trivyignore", ".trivyignore.yaml", ".trivyignore.yml"}

// changes are what the working tree does to all that decides what is found and
// what counts. What --policy-from does not cover says so.
func (x *comparison) changes(ctx context.Context) []result.Notice {
	from := x.base
	if from == nil {
		from = x.policy
	}
	var out []result.Notice
	note := func(what, p, applied string) {
		if p == "" {
			return
		}
		before, err1 := from.repo.ReadFile(p)
		after, err2 := x.repo.ReadFile(p)
		verb := map[[2]bool]string{{true, false}: "removes", {false, true}: "adds"}[[2]bool{err1 == nil, err2 == nil}]
		if verb == "" && !bytes.Equal(before, after) {
			verb = "changes"
		}
		if verb != "" {
			out = append(out, result.Notice{
				Kind: result.NoticePolicy, At: source.LineSpan(p, 1),
				Message: fmt.Sprintf("this change %s %s%s", verb, what, applied),
			})
		}
	}
	note("the configuration", cmp.Or(x.head.Path, config.FileName), x.result.Applied())
	note("the baseline", string(x.head.Baseline), x.result.Applied())
	for _, p := range x.head.Image.VEX {
		before, _ := vexFiles(ctx, from.repo, string(p)) // none is no error: it is what changed
		after, _ := vexFiles(ctx, x.repo, string(p))
		all := append(before, after...)
		slices.Sort(all)
		for _, v := range slices.Compact(all) {
			note("the VEX document "+v, v, x.result.Applied())
		}
	}
	note("the rules for secrets", ".gitleaks.toml", x.result.Applied())
	for _, p := range judged {
		note("the list "+p, p, x.result.Applied())
	}
	for _, p := range x.ignoreFiles(ctx, from.repo) {
		note("a .gitignore", p, ": what it names is not looked at")
	}
	return out
}

// ignoreFiles lists the .gitignore files of the revision and of HEAD: what they
// name is not found. Those of the working tree alone are a developer's own.
func (x *comparison) ignoreFiles(ctx context.Context, from *source.Repo) []string {
	trees := []*source.Repo{from}
	if at, err := x.git.Resolve("HEAD"); err == nil {
		if head, err := x.open("HEAD", at, x.head); err == nil {
			trees = append(trees, head.repo)
		}
	}
	var out []string
	for _, t := range trees {
		// A tree that cannot be read to the end has failed the scan already.
		_ = t.Walk(ctx, ".", func(p string, d fs.DirEntry) error {
			if path.Base(p) == ".gitignore" && !d.IsDir() {
				out = append(out, p)
			}
			return nil
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}
