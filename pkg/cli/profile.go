package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	ucli "github.com/urfave/cli/v2"
)

// profileFlags say where the time and the memory of a run are written down.
func profileFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringFlag{Name: "cpu-profile", Usage: "write where the time goes to `FILE`, for go tool pprof"},
		&ucli.StringFlag{Name: "memory-profile", Usage: "write what memory is in use at the end to `FILE`, for go tool pprof"},
	}
}

// profiling runs fn and writes the profiles that were asked for.
func profiling(c *ucli.Context, fn func() error) (err error) {
	if name := c.String("cpu-profile"); name != "" {
		f, ferr := os.Create(name)
		if ferr != nil {
			return usage("", "--cpu-profile: %v", ferr)
		}
		defer func() { err = errors.Join(err, closed("--cpu-profile", f.Close())) }()
		if ferr := pprof.StartCPUProfile(f); ferr != nil {
			return fmt.Errorf("--cpu-profile: %w", ferr)
		}
		defer pprof.StopCPUProfile()
	}
	if name := c.String("memory-profile"); name != "" {
		f, ferr := os.Create(name)
		if ferr != nil {
			return usage("", "--memory-profile: %v", ferr)
		}
		defer func() {
			runtime.GC() // what is no longer used does not count
			werr := pprof.WriteHeapProfile(f)
			err = errors.Join(err, closed("--memory-profile", errors.Join(werr, f.Close())))
		}()
	}
	return fn()
}

func closed(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}
