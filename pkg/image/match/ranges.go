package match

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/google/osv-scalibr/semantic"
)

// errVersion says that a version cannot be compared.
var errVersion = errors.New("version cannot be compared")

// parseVersion parses a version as its ecosystem reads it. The parsers meet
// hostile text: a panic in one is an error.
func parseVersion(ecosystem, s string) (v semantic.Version, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("%w: %q of %s: %v", errVersion, s, ecosystem, p)
		}
	}()
	if len(s) == 0 || len(s) > 512 {
		return nil, fmt.Errorf("%w: %.32q of %s", errVersion, s, ecosystem)
	}
	if v, err = semantic.Parse(s, ecosystem); err != nil {
		return nil, fmt.Errorf("%w: %q of %s: %v", errVersion, s, ecosystem, err)
	}
	return v, nil
}

// Compare orders two versions of an ecosystem: below 0 if a is the older.
func Compare(ecosystem, a, b string) (n int, err error) {
	v, err := parseVersion(ecosystem, a)
	if err != nil {
		return 0, err
	}
	return compare(v, ecosystem, b)
}

func compare(v semantic.Version, ecosystem, s string) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %q of %s: %v", errVersion, s, ecosystem, p)
		}
	}()
	if _, err := parseVersion(ecosystem, s); err != nil {
		return 0, err
	}
	if n, err = v.CompareStr(s); err != nil {
		return 0, fmt.Errorf("%w: %q of %s: %v", errVersion, s, ecosystem, err)
	}
	return n, nil
}

// affects reports whether the version is affected, and by which version that
// is mended, "" if by none. It is affected if versions lists it or any range
// holds it; events may stand in any order. An error means that a part could
// not be compared, and that no other part says that it is affected.
func (a *affected) affects(ecosystem string, v semantic.Version, version string) (hit bool, fixed string, err error) {
	listed := slices.Contains(a.Versions, version)
	for _, events := range a.Ranges {
		in, fix, rerr := inRange(ecosystem, v, events)
		if rerr != nil {
			err = rerr
			continue
		}
		if in {
			return true, fix, nil
		}
		if listed && fix != "" && fixed == "" {
			fixed = fix
		}
	}
	if listed {
		return true, fixed, nil
	}
	return false, "", err
}

// inRange evaluates the events of one range: the version is in it if, of the
// events at or before it in the ecosystem's order, the last one opens it.
// last_affected closes it after its version, fixed at its version. If there
// are limits, the version must be below one of them. fixed is the first
// version that closes the range after v.
func inRange(ecosystem string, v semantic.Version, events []event) (in bool, fixed string, err error) {
	type placed struct {
		event
		order int // of v against the event's version
	}
	var bounds []placed
	limited, below := false, false
	for _, e := range events {
		n := 1
		switch {
		case e.Kind == "limit" && e.Version == "*":
			limited, below = true, true
			continue
		case e.Kind == "introduced" && e.Version == "0": // before everything
		default:
			if n, err = compare(v, ecosystem, e.Version); err != nil {
				return false, "", err
			}
		}
		if e.Kind == "limit" {
			limited, below = true, below || n < 0
			continue
		}
		bounds = append(bounds, placed{e, n})
	}
	var sortErr error
	slices.SortStableFunc(bounds, func(a, b placed) int {
		za, zb := a.Kind == "introduced" && a.Version == "0", b.Kind == "introduced" && b.Version == "0"
		if za || zb {
			return cmp.Compare(rank(!za), rank(!zb))
		}
		n, err := Compare(ecosystem, a.Version, b.Version)
		if err != nil {
			sortErr = err
		}
		// At one version a range closes before it opens again.
		return cmp.Or(n, cmp.Compare(rank(a.Kind == "introduced"), rank(b.Kind == "introduced")))
	})
	if sortErr != nil {
		return false, "", sortErr
	}
	for _, b := range bounds {
		switch {
		case b.Kind == "introduced" && b.order >= 0:
			in = true
		case b.Kind == "fixed" && b.order >= 0, b.Kind == "last" && b.order > 0:
			in = false
		case b.Kind == "fixed" && fixed == "":
			fixed = b.Version
		}
	}
	return in && (!limited || below), fixed, nil
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}
