package controlplane

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// test finds what is wrong with a component's settings: where, and a fault to
// follow the component's name in a message, "" if nothing is.
type test func(s settings) (at setting, fault string)

// param is a setting: its flag, the file's field (dotted), and the default of
// each. A setting that only one of them has leaves the other's name empty.
type param struct{ flag, field, flagDefault, fileDefault string }

// is judges the value in force.
func (p param) is(good func(string) bool) test {
	return func(s settings) (setting, string) {
		v, set := s.get(p.flag, p.field)
		name, def := "--"+p.flag, p.flagDefault
		if s.file {
			name, def = p.field, p.fileDefault
		}
		switch {
		case s.file && p.field == "" || !set && s.partial:
			return v, ""
		case set && !good(v.text):
			return v, fmt.Sprintf("sets %s to %q", name, v.text)
		case !set && !good(def) && def == "":
			return v, "does not set " + name
		case !set && !good(def):
			return v, fmt.Sprintf("leaves %s at its default %q", name, def)
		}
		return v, ""
	}
}

func flag(name, def string) param { return param{flag: name, flagDefault: def} }

// set wants each of the flags.
func set(flags ...string) test {
	var tests []test
	for _, f := range flags {
		tests = append(tests, flag(f, "").is(given))
	}
	return all(tests...)
}

// all gives the first fault.
func all(tests ...test) test {
	return func(s settings) (setting, string) {
		for _, t := range tests {
			if at, fault := t(s); fault != "" {
				return at, fault
			}
		}
		return setting{}, ""
	}
}

// unless passes where the flag is given.
func unless(name string, t test) test {
	return func(s settings) (setting, string) {
		if v, ok := s.flags[name]; ok && v.text != "" && v.text != "false" {
			return setting{}, ""
		}
		return t(s)
	}
}

// when passes where the flag is not given.
func when(name string, t test) test {
	return func(s settings) (setting, string) {
		if _, ok := s.flags[name]; !ok {
			return setting{}, ""
		}
		return t(s)
	}
}

func given(v string) bool    { return v != "" }
func notGiven(v string) bool { return v == "" }
func isTrue(v string) bool   { b, err := strconv.ParseBool(v); return err == nil && b }
func notTrue(v string) bool  { return !isTrue(v) }
func isFalse(v string) bool  { b, err := strconv.ParseBool(v); return err == nil && !b }
func notFalse(v string) bool { return !isFalse(v) }
func zero(v string) bool     { return v == "0" }
func notZero(v string) bool  { return v != "0" }

func holds(item string) func(string) bool {
	return func(v string) bool { return slices.Contains(strings.Split(v, ","), item) }
}

func lacks(items ...string) func(string) bool {
	return func(v string) bool {
		return !slices.ContainsFunc(strings.Split(v, ","), func(s string) bool { return slices.Contains(items, s) })
	}
}

// between compares a whole number; most below 0 is no bound.
func between(least, most int64) func(string) bool {
	return func(v string) bool {
		n, err := strconv.ParseInt(v, 10, 64)
		return err == nil && n >= least && (most < 0 || n <= most)
	}
}

// lasts compares a duration; "0" counts as one.
func lasts(least, most time.Duration) func(string) bool {
	return func(v string) bool {
		d, err := time.ParseDuration(v)
		return err != nil || d >= least && d <= most
	}
}

func loopback(v string) bool {
	return strings.HasPrefix(v, "127.") || strings.HasPrefix(v, "localhost") || strings.HasPrefix(v, "[::1]") || v == "::1"
}

// https passes lists of addresses that all are TLS ones.
func https(v string) bool {
	for _, u := range strings.Split(v, ",") {
		if strings.HasPrefix(u, "http://") {
			return false
		}
	}
	return true
}

// strong passes lists of cipher suites with forward secrecy and authenticated
// encryption: TLS 1.3's own, and ECDHE with GCM or ChaCha20.
func strong(v string) bool {
	for _, s := range strings.Split(v, ",") {
		if s = strings.TrimSpace(s); s == "" || strings.HasPrefix(s, "TLS_AES_") || s == "TLS_CHACHA20_POLY1305_SHA256" {
			continue
		}
		if !strings.HasPrefix(s, "TLS_ECDHE_") || !strings.Contains(s, "_GCM_") && !strings.Contains(s, "_CHACHA20_POLY1305") {
			return false
		}
	}
	return true
}
