package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/image/vex"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// maxVEXFiles bounds a directory of VEX documents.
const maxVEXFiles = 10_000

// readVEX reads the documents that the flag and the configuration name. Those
// of the repository are read from repo, which may be a trusted revision of it:
// a change must not clear itself. One that cannot be read ends the run, for
// nobody could tell what it would have cleared.
func readVEX(c *ucli.Context, cfg *config.Config, repo *source.Repo, stderr io.Writer) (*vex.Documents, error) {
	docs := &vex.Documents{}
	load := func(name string, text []byte, err error) error {
		if err == nil {
			err = docs.Load(name, text)
		}
		if err != nil {
			return usage("kustoms takes OpenVEX, CSAF and CycloneDX as JSON", "VEX document %s: %v", name, err)
		}
		return nil
	}
	for _, name := range c.StringSlice("vex") {
		if name == "" {
			continue
		}
		rel := ""
		if repo != nil {
			if r, err := repo.Rel(name); err == nil {
				rel = r
			}
		}
		if rel != "" {
			if err := repoVEX(c.Context, repo, rel, load); err != nil {
				return nil, err
			}
		} else if err := operatorVEX(name, load); err != nil {
			return nil, err
		}
	}
	if repo != nil {
		for _, p := range cfg.Image.VEX {
			if err := repoVEX(c.Context, repo, string(p), load); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range docs.Remarks {
		fmt.Fprintf(stderr, "kustoms: VEX document %s\n", report.Printable(r))
	}
	return docs, nil
}

type vexLoader func(name string, text []byte, err error) error

// repoVEX loads a file of the repository, or all JSON files below a directory.
func repoVEX(ctx context.Context, repo *source.Repo, name string, load vexLoader) error {
	files, err := vexFiles(ctx, repo, name)
	if err != nil {
		return load(name, nil, err)
	}
	for _, p := range files {
		text, err := repo.ReadFile(p)
		if err := load(p, text, err); err != nil {
			return err
		}
	}
	return empty(len(files), name)
}

// vexFiles are the documents at a path of the repository.
func vexFiles(ctx context.Context, repo *source.Repo, name string) ([]string, error) {
	info, err := repo.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{name}, nil
	}
	var out []string
	err = repo.Walk(ctx, name, func(p string, d fs.DirEntry) error {
		if !d.IsDir() && strings.HasSuffix(p, ".json") {
			out = append(out, p)
		}
		return tooMany(len(out), name)
	})
	return out, err
}

// operatorVEX is repoVEX for the operator's own paths.
func operatorVEX(name string, load vexLoader) error {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		if err != nil {
			return load(name, nil, err)
		}
		text, err := readBounded(name)
		return load(name, text, err)
	}
	n := 0
	err = filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".json") {
			return err
		}
		n++
		if err := tooMany(n, name); err != nil {
			return err
		}
		text, err := readBounded(p)
		return load(filepath.ToSlash(p), text, err)
	})
	return cmp.Or(err, empty(n, name))
}

func tooMany(n int, name string) error {
	if n > maxVEXFiles {
		return usage("", "VEX documents: over %d in %s", maxVEXFiles, name)
	}
	return nil
}

func empty(n int, name string) error {
	if n == 0 {
		return usage("documents are files named *.json", "VEX documents: there are none in %s", name)
	}
	return nil
}

const maxVEXSize = 256 << 20

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxVEXSize+1))
	if err == nil && len(text) > maxVEXSize {
		err = errors.New("it is over 256 MB")
	}
	return text, err
}
