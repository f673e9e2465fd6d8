package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/bom"
)

// withSBOM is s with the bills of materials of what it reads written into dir,
// made if it is not there: CycloneDX and SPDX for each image. One that cannot be
// written fails its image, so that none is missing in silence.
func withSBOM(s image.Scanner, dir string) (image.Scanner, error) {
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usage("", "--sbom: %v", err)
	}
	return billing{s, dir, time.Now().UTC().Format(time.RFC3339)}, nil
}

type billing struct {
	image.Scanner
	dir, when string
}

func (b billing) Scan(ctx context.Context, ref string) (*image.Result, error) {
	res, err := b.Scanner.Scan(ctx, ref)
	if err != nil || res == nil {
		return res, err
	}
	name := filepath.Join(b.dir, fileName(res))
	for ext, write := range map[string]func(*image.Inventory, string, string) ([]byte, error){".cdx.json": bom.CycloneDX, ".spdx.json": bom.SPDX} {
		text, err := write(&res.Inventory, version(), b.when)
		if err == nil {
			err = os.WriteFile(name+ext, text, 0o666)
		}
		if err != nil {
			return nil, fmt.Errorf("writing its bill of materials: %w", err)
		}
	}
	return res, nil
}

// fileName is the repository and the start of the digest, in letters that any
// file system takes.
func fileName(r *image.Result) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' {
			return c
		}
		return '_'
	}, r.Image.Repository())
	if len(name) > 120 {
		name = name[len(name)-120:]
	}
	return fmt.Sprintf("%s-%.12s", strings.TrimLeft(name, "."), strings.TrimPrefix(r.Image.Digest, "sha256:"))
}
