package cli

import (
	"cmp"
	"fmt"
	"io"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/config"
)

func cacheCommand() *ucli.Command {
	dir := &ucli.StringFlag{Name: "cache-dir", EnvVars: []string{"KUSTOMS_CACHE_DIR"}, Usage: "the cache in `DIR` (default: kustoms in the user's cache folder)"}
	with := func(fn func(c *ucli.Context, s *cache.Store) error) ucli.ActionFunc {
		return func(c *ucli.Context) error {
			s := openCache(c)
			if s == nil {
				return usage("name a folder with --cache-dir", "there is no cache folder: the user has no home")
			}
			return fn(c, s)
		}
	}
	return &ucli.Command{
		Name: "cache", Usage: "what is kept between runs",
		Description: `The cache holds fetched charts and, where a scan named it with --cache-dir, what
came of earlier scans. Nothing in it is needed: what is removed is made again.

Examples:
   kustoms cache status
   kustoms cache prune --cache-size 200MB --cache-dir .cache
   kustoms cache clear`,
		Subcommands: []*ucli.Command{
			{Name: "status", Usage: "tell where it is and what it takes", Flags: []ucli.Flag{dir}, Action: with(func(c *ucli.Context, s *cache.Store) error {
				u, err := s.Use()
				if err == nil {
					fmt.Fprintf(c.App.Writer, "%s: %d files, %s\n", s.Dir(), u.Files, megabytes(u.Bytes))
				}
				return err
			})},
			{Name: "prune", Usage: "remove what was not used for longest", Flags: []ucli.Flag{dir, cacheSizeFlag()}, Action: with(func(c *ucli.Context, s *cache.Store) error {
				limit, err := cacheSize(c)
				if err != nil {
					return err
				}
				return trim(c.App.Writer, s, limit)
			})},
			{Name: "clear", Usage: "remove all", Flags: []ucli.Flag{dir}, Action: with(func(c *ucli.Context, s *cache.Store) error { return trim(c.App.Writer, s, 0) })},
		},
	}
}

func trim(w io.Writer, s *cache.Store, limit int64) error {
	gone, err := s.Trim(limit)
	fmt.Fprintf(w, "%s: removed %d files, %s\n", s.Dir(), gone.Files, megabytes(gone.Bytes))
	return err
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }

// defaultCacheSize holds some hundred scans of a large repository.
const defaultCacheSize = "1GB"

func cacheSizeFlag() ucli.Flag {
	return &ucli.StringFlag{Name: "cache-size", EnvVars: []string{"KUSTOMS_CACHE_SIZE"}, Value: defaultCacheSize, Usage: "leave at most this `SIZE` in the cache, what was used last"}
}

// cacheSize is the limit in bytes.
func cacheSize(c *ucli.Context) (int64, error) {
	var size config.Size
	if err := size.UnmarshalText([]byte(cmp.Or(c.String("cache-size"), defaultCacheSize))); err != nil {
		return 0, usage("", "--cache-size: %v", err)
	}
	return int64(size), nil
}
