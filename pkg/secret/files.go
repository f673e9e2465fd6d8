package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/internal/parallel"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// scanFiles looks at the repository's own files, all cores at once. A file
// that cannot be read is a failed stage of its own: it was not looked at.
func (a *Analyzer) scanFiles(ctx context.Context, x *index.Index, sink *result.Sink) error {
	history, err := a.lookBack(ctx, x.Target.Name, sink)
	if err != nil {
		return err
	}
	if err := a.eachFile(ctx, x, sink, history); err != nil {
		return err
	}
	for _, f := range history.gone(x.Target.Name) {
		sink.Report(f)
	}
	return nil
}

func (a *Analyzer) eachFile(ctx context.Context, x *index.Index, sink *result.Sink, history *past) error {
	paths := slices.Concat(x.Target.Packages, x.Files)
	return parallel.Each(ctx, len(paths), func(i int) {
		if err := a.scanFile(x, paths[i], sink, history); err != nil {
			sink.Stage(result.Stage{
				Name: a.Name(), Target: x.Target.Name, Status: result.Failed, At: source.LineSpan(paths[i], 1),
				Reason: fmt.Sprintf("looking for secrets: %v", err), Hint: "exclude the file if it is not yours to check",
			})
		}
	})
}

func (a *Analyzer) scanFile(x *index.Index, path string, sink *result.Sink, history *past) error {
	if slices.Contains(x.Target.Packages, path) {
		return a.scanPackage(x, path, sink)
	}
	data, err := x.Repo.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) { // a dangling link holds nothing
		return nil
	}
	if err != nil {
		return err
	}
	text := string(data)
	if isBinary(text) {
		text = ""
	}
	leaks, lookalikes := a.leaksIn(path, text)
	fs := findings(path, text, leaks)
	for i := range fs {
		history.mark(&fs[i], leaks[i])
	}
	for _, f := range append(fs, a.remarks(path, text, leaks, lookalikes)...) {
		f.Targets = []string{x.Target.Name}
		sink.Report(f)
	}
	return cut(leaks)
}

// Scan makes the findings about a text that has a name, of a file of the
// repository or from anywhere else: an archive, a commit, an image. Their
// places are in a file of that name.
func (a *Analyzer) Scan(path, text string) []result.Finding {
	leaks, lookalikes := a.leaksIn(path, text)
	return slices.Concat(findings(path, text, leaks), a.remarks(path, text, leaks, lookalikes))
}

func findings(path, text string, leaks []leak) []result.Finding {
	out := make([]result.Finding, 0, len(leaks))
	seen := map[string]int{}
	for _, l := range leaks {
		k := l.rule + "\x00" + keyPath(text, l.start)
		out = append(out, inSource(path, text, l, leaks, seen[k]))
		seen[k]++
	}
	return out
}

// lookalike is a match that is no leak.
type lookalike struct {
	leak
	reason string
}

// maxLeaks bounds what is reported of one text: to a file of a million keys
// nobody reads on, and each costs a look over the file.
const maxLeaks = 1_000

var errMany = fmt.Errorf("holds %d secrets or more: what follows was not looked at", maxLeaks)

// cut is errMany for what leaksIn, or Scan, did not read to the end.
func cut[T any](found []T) error {
	if len(found) >= maxLeaks {
		return errMany
	}
	return nil
}

// leaksIn are the engine's matches in a text, the harmless ones apart; see
// cut.
func (a *Analyzer) leaksIn(path, text string) ([]leak, []lookalike) {
	var out []leak
	var none []lookalike
	for _, l := range a.engine.apply(path, text, a.matches(text)) {
		if reason := a.harmless(path, text, l); reason == "" {
			if out = append(out, l); len(out) == maxLeaks {
				return out, none // apart: the rest would be settled, too
			}
		} else if a.Lookalikes {
			none = append(none, lookalike{l, reason})
		}
	}
	return settle(out), none
}

// isBinary goes by a NUL byte near the start, as git does.
func isBinary(text string) bool {
	return strings.IndexByte(text[:min(len(text), 8000)], 0) >= 0
}
