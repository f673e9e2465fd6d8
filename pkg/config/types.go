package config

import (
	"errors"
	"fmt"
	"math"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Path is a path of the repository: relative to its root, with '/'.
type Path string

// UnmarshalText cleans the path and refuses one that leaves the repository.
func (p *Path) UnmarshalText(b []byte) error {
	s := path.Clean(string(b))
	if len(b) == 0 {
		return errors.New("empty path")
	}
	if path.IsAbs(s) || s == ".." || strings.HasPrefix(s, "../") {
		return fmt.Errorf("%q leads out of the repository: paths are relative to its root", b)
	}
	*p = Path(s)
	return nil
}

// Glob is a doublestar pattern of repository paths.
type Glob string

// UnmarshalText refuses a malformed pattern.
func (g *Glob) UnmarshalText(b []byte) error {
	s := strings.TrimPrefix(string(b), "./")
	if s == "" || !doublestar.ValidatePattern(s) {
		return fmt.Errorf("%q is not a glob", b)
	}
	*g = Glob(strings.TrimSuffix(s, "/"))
	return nil
}

// Match reports whether the glob matches the whole of p.
func (g Glob) Match(p string) bool { return doublestar.MatchUnvalidated(string(g), p) }

// Version is a Kubernetes version with a leading "v".
type Version string

var versionForm = regexp.MustCompile(`^v?[1-9]\d?\.\d{1,3}(\.\d{1,4})?([-+][0-9A-Za-z.+-]+)?$`)

// UnmarshalText takes "1.34", "v1.34" and "1.34.2".
func (v *Version) UnmarshalText(b []byte) error {
	s := string(b)
	m := versionForm.FindStringSubmatch(s)
	if m == nil {
		return fmt.Errorf("%q is not a Kubernetes version (want one such as 1.34 or 1.34.2)", b)
	}
	if m[1] == "" && m[2] == "" {
		s += ".0"
	}
	*v = Version("v" + strings.TrimPrefix(s, "v"))
	return nil
}

// Threshold is a severity, or "none".
type Threshold string

// UnmarshalText refuses what is neither.
func (t *Threshold) UnmarshalText(b []byte) error {
	if _, err := result.ParseSeverity(string(b)); err != nil && string(b) != "none" {
		return fmt.Errorf("%q is no threshold (want %s or none)", b, joinSeverities())
	}
	*t = Threshold(b)
	return nil
}

// Enum lists the values, for the schema.
func (Threshold) Enum() []string { return append(severityNames(), "none") }

// Profile is a named set of rules, "" for the default one.
type Profile string

// UnmarshalText refuses a name that there is not.
func (p *Profile) UnmarshalText(b []byte) error {
	if !slices.Contains(result.Profiles(), string(b)) {
		return fmt.Errorf("%q is no profile (want %s)", b, strings.Join(result.Profiles(), ", "))
	}
	*p = Profile(b)
	return nil
}

// Enum lists the values, for the schema.
func (Profile) Enum() []string { return result.Profiles() }

// Size is a number of bytes.
type Size int64

var sizeForm = regexp.MustCompile(`(?i)^(\d{1,12})\s*(|[kmg])i?b?$`)

// UnmarshalText takes a number of bytes, or of KB, MB or GB (powers of 1024).
func (s *Size) UnmarshalText(b []byte) error {
	m := sizeForm.FindStringSubmatch(string(b))
	if m == nil {
		return fmt.Errorf("%q is not a size (want one such as 20MB)", b)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return err
	}
	shift := map[string]int{"": 0, "k": 10, "m": 20, "g": 30}[strings.ToLower(m[2])]
	if n == 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is out of range", b)
	}
	*s = Size(n << shift)
	return nil
}

// Duration is a length of time.
type Duration time.Duration

// UnmarshalText takes a number and a unit, such as 90s.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v <= 0 {
		return fmt.Errorf("%q is not a duration (want one such as 90s)", b)
	}
	*d = Duration(v)
	return nil
}

func severityNames() []string {
	var out []string
	for _, s := range result.Severities() {
		out = append(out, s.String())
	}
	return out
}

func joinSeverities() string { return strings.Join(severityNames(), ", ") }

func valueOf(p any) reflect.Value { return reflect.ValueOf(p).Elem() }
