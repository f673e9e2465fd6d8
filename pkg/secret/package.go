package secret

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Bounds of a packaged chart: bytes unpacked, files, packages in packages.
const (
	maxUnpacked = 128 << 20
	maxMembers  = 20_000
	maxNested   = 3
)

var errUnpacked = fmt.Errorf("unpacks to over %d MB or %d files", maxUnpacked>>20, maxMembers)

// scanPackage looks into a packaged chart, and into those that it holds.
func (a *Analyzer) scanPackage(x *index.Index, file string, sink *result.Sink) error {
	data, err := x.Repo.ReadFile(file)
	if err != nil {
		return err
	}
	left := budget{maxUnpacked, maxMembers}
	return a.unpack(file, data, 0, &left, func(f result.Finding, inner string) {
		// The line is the package's member's; the file that a person can point
		// at is the package.
		f.Loc = result.Location{Primary: source.LineSpan(file, 1)}
		f.Excerpt = &result.Excerpt{}
		f.Leak = nil // its span says nothing: no two of them are one
		f.Field = inner
		f.Fix = fix + " Take it out of the chart, package the chart anew, and publish under a new version."
		f.Targets = []string{x.Target.Name}
		sink.Report(f)
	})
}

type budget struct {
	bytes   int64
	members int
}

// unpack scans the members of a gzipped tar archive. name is what messages
// call it.
func (a *Analyzer) unpack(name string, data []byte, depth int, left *budget, report func(f result.Finding, inner string)) error {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: not a gzip archive: %w", name, err)
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if left.members--; left.members < 0 {
			return fmt.Errorf("%s: %w", name, errUnpacked)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		member, err := io.ReadAll(io.LimitReader(tr, left.bytes+1))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if left.bytes -= int64(len(member)); left.bytes < 0 {
			return fmt.Errorf("%s: %w", name, errUnpacked)
		}
		inner := path.Clean("/" + h.Name)[1:]
		full := name + ":" + inner
		switch text := string(member); {
		case isPackage(inner) && depth < maxNested:
			if err := a.unpack(full, member, depth+1, left, report); err != nil {
				return err
			}
		case isPackage(inner):
			return fmt.Errorf("%s: packages are nested over %d deep", full, maxNested)
		case !isBinary(text):
			found := a.Scan(full, text)
			for _, f := range found {
				where := fmt.Sprintf("%s:%d", full[strings.IndexByte(full, ':')+1:], f.Loc.Primary.Start.Line)
				report(f, where)
			}
			if err := cut(found); err != nil {
				return fmt.Errorf("%s %w", full, err)
			}
		}
	}
}

func isPackage(p string) bool { return strings.HasSuffix(p, ".tgz") || strings.HasSuffix(p, ".tar.gz") }
