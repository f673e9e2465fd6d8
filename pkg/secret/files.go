package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// scanFiles looks at the repository's own files, all cores at once. A file
// that cannot be read is a failed stage of its own: it was not looked at.
func (a *Analyzer) scanFiles(ctx context.Context, x *index.Index, sink *result.Sink) error {
	var wg sync.WaitGroup
	paths := make(chan string)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for p := range paths {
				if err := a.scanFile(x, p, sink); err != nil {
					sink.Stage(result.Stage{
						Name: a.Name(), Target: x.Target.Name, Status: result.Failed, At: source.LineSpan(p, 1),
						Reason: fmt.Sprintf("looking for secrets: %v", err), Hint: "exclude the file if it is not yours to check",
					})
				}
			}
		})
	}
	defer wg.Wait()
	defer close(paths)
	for _, p := range x.Files {
		select {
		case paths <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (a *Analyzer) scanFile(x *index.Index, path string, sink *result.Sink) error {
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
	leaks := a.leaksIn(path, text)
	seen := map[string]int{}
	for _, l := range leaks {
		k := l.rule + "\x00" + keyPath(text, l.start)
		f := inSource(path, text, l, leaks, seen[k])
		seen[k]++
		f.Targets = []string{x.Target.Name}
		sink.Report(f)
	}
	return nil
}

// leaksIn is what remains of the engine's matches in a text once the harmless
// ones are left out.
func (a *Analyzer) leaksIn(path, text string) []leak {
	var out []leak
	for _, l := range a.engine.scan(path, text) {
		if a.harmless(path, text, l) == "" {
			out = append(out, l)
		}
	}
	return settle(out)
}

// isBinary goes by a NUL byte near the start, as git does.
func isBinary(text string) bool {
	return strings.IndexByte(text[:min(len(text), 8000)], 0) >= 0
}
