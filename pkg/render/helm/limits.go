package helm

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"
)

// Limits of one render. A chart comes from a merge request: it may loop,
// repeat and recurse as it likes and must still end.
const (
	// DefaultTimeout bounds one render.
	DefaultTimeout = 60 * time.Second
	// DefaultMaxOutput bounds what one render prints, in bytes.
	DefaultMaxOutput = 64 << 20

	maxRepeat  = 16 << 20 // bytes that one call may make
	maxList    = 1 << 20  // items that one call may make
	maxInclude = 1000     // nested includes of one name, as in Helm
	maxDepth   = 1_200    // nested include and tpl calls in all
)

var errLimit = errors.New("limit reached")

func limitErr(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errLimit, fmt.Sprintf(format, args...))
}

// boundSizes replaces the functions that make something large from a number.
func boundSizes(f template.FuncMap) {
	f["repeat"] = func(n int, s string) (string, error) {
		if n < 0 {
			return "", errors.New("negative repeat count")
		}
		if n > 0 && len(s) > maxRepeat/n {
			return "", limitErr("repeat makes more than %d MB", maxRepeat>>20)
		}
		return strings.Repeat(s, n), nil
	}
	bounded := func(start, stop, step int) ([]int, error) {
		out := []int{}
		if step == 0 || (stop < start) != (step < 0) {
			return out, nil
		}
		if (stop-start)/step > maxList {
			return nil, limitErr("a list of %d numbers", (stop-start)/step)
		}
		for i := start; (step > 0 && i < stop) || (step < 0 && i > stop); i += step {
			out = append(out, i)
		}
		return out, nil
	}
	f["untilStep"] = bounded
	f["until"] = func(count int) ([]int, error) {
		step := 1
		if count < 0 {
			step = -1
		}
		return bounded(0, count, step)
	}
	seq := f["seq"].(func(...int) string)
	f["seq"] = func(params ...int) (string, error) {
		for i, p := range params {
			if (len(params) != 3 || i != 1) && (p > maxList || p < -maxList) {
				return "", limitErr("seq up to %d", p)
			}
		}
		return seq(params...), nil
	}
	indent := func(n int, s string) (string, error) {
		if n < 0 {
			return "", errors.New("negative indent")
		}
		if n > 0 && strings.Count(s, "\n")+1 > maxRepeat/n {
			return "", limitErr("indent makes more than %d MB", maxRepeat>>20)
		}
		pad := strings.Repeat(" ", n)
		return pad + strings.ReplaceAll(s, "\n", "\n"+pad), nil
	}
	f["indent"] = indent
	f["nindent"] = func(n int, s string) (string, error) {
		s, err := indent(n, s)
		return "\n" + s, err
	}
}

// output collects what a template prints and stops it at a limit or when its
// time is up: text/template has no other way to be stopped.
type output struct {
	strings.Builder
	run *run
}

func (o *output) Write(p []byte) (int, error) {
	if err := o.run.spend(len(p)); err != nil {
		return 0, err
	}
	return o.Builder.Write(p)
}

func (o *output) WriteString(s string) (int, error) {
	if err := o.run.spend(len(s)); err != nil {
		return 0, err
	}
	return o.Builder.WriteString(s)
}
