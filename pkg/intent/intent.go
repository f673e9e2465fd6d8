// Package intent is what the user says of who may reach whom: the intents of
// .kustoms.yaml, as data. What they mean for a target is worked out by
// analysis/netpol.
package intent

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Intent is one statement; exactly one of its flows is set.
type Intent struct {
	Only  *Flow       `yaml:"only" doc:"Nobody but from, and except, may reach to."`
	Allow *Flow       `yaml:"allow" doc:"From must be able to reach to."`
	Deny  *Flow       `yaml:"deny" doc:"From, but for except, must never reach to."`
	At    source.Span `yaml:"-"`
}

// Flow is the connections that an intent is about.
type Flow struct {
	From   Side   `yaml:"from" need:"required" doc:"Who connects: namespace/workload with * for any part, a label selector such as app=web or shop:app=web, internet, metadata, or a CIDR."`
	To     Side   `yaml:"to" need:"required" doc:"Where to, as from."`
	Port   Port   `yaml:"port" doc:"Port of the pod by number or name, such as 8080, 53/UDP, 8000-8100 or metrics. Every port if it is not set."`
	Except []Side `yaml:"except" doc:"Sides that connect and to which the intent does not apply."`
}

// Flow is the one that is set, and the word for it.
func (i *Intent) Flow() (word string, f *Flow) {
	switch {
	case i.Only != nil:
		return "only", i.Only
	case i.Allow != nil:
		return "allow", i.Allow
	}
	return "deny", i.Deny
}

// Check says what is wrong with an intent as a whole.
func (i *Intent) Check() error {
	n := 0
	for _, f := range []*Flow{i.Only, i.Allow, i.Deny} {
		if f != nil {
			n++
		}
	}
	if n != 1 {
		return errors.New("an intent is one of only, allow and deny")
	}
	word, f := i.Flow()
	from, to := f.From.Parse(), f.To.Parse()
	switch {
	case !from.Pods() && !to.Pods():
		return fmt.Errorf("%s: neither %q nor %q is pods, and policies are about pods", word, f.From, f.To)
	case f.Port.Name != "" && !to.Pods():
		return fmt.Errorf("%s: port %q has a name, and only pods have names of ports", word, f.Port.Name)
	case from.Kind == Metadata:
		return fmt.Errorf("%s: nothing comes from the metadata service", word)
	case word == "allow" && len(f.Except) > 0:
		return errors.New("allow: except has no meaning here")
	}
	return nil
}

// Kind is what a side is.
type Kind int

// The kinds of side.
const (
	Workloads Kind = iota // by namespace and name
	Labels                // by labels
	Internet
	Metadata // of a cloud
	Block    // of addresses
)

// Side is one end of a flow, as written.
type Side string

// Parsed is a side, read. Namespace and Name are globs in which * stands for
// any text; Labels has an empty Namespace for any.
type Parsed struct {
	Kind            Kind
	Namespace, Name string
	Selector        []Term
	Block           netip.Prefix
}

// Term is a demand on a label.
type Term struct {
	Key    string
	Not    bool
	Exists bool // the key alone is demanded, or its absence
	Value  string
}

// Pods reports whether the side is pods.
func (p Parsed) Pods() bool { return p.Kind == Workloads || p.Kind == Labels }

var (
	namespaceName = regexp.MustCompile(`^[a-z0-9*]([a-z0-9*-]*[a-z0-9*])?$`)
	objectName    = regexp.MustCompile(`^[a-z0-9*]([a-z0-9.*-]*[a-z0-9*])?$`)
	labelTerm     = regexp.MustCompile(`^(!?)([A-Za-z0-9./_-]+?)(?:\s*(==|=|!=)\s*([A-Za-z0-9._-]*))?$`)
)

// UnmarshalText refuses what is no side.
func (s *Side) UnmarshalText(b []byte) error {
	if _, err := parseSide(string(b)); err != nil {
		return err
	}
	*s = Side(b)
	return nil
}

// Parse reads a side that UnmarshalText took.
func (s Side) Parse() Parsed {
	p, err := parseSide(string(s))
	if err != nil {
		panic("intent: " + err.Error()) // it was refused
	}
	return p
}

func parseSide(s string) (Parsed, error) {
	switch s {
	case "*":
		return Parsed{Namespace: "*", Name: "*"}, nil
	case "internet":
		return Parsed{Kind: Internet}, nil
	case "metadata":
		return Parsed{Kind: Metadata}, nil
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return Parsed{Kind: Block, Block: netip.PrefixFrom(a, a.BitLen())}, nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return Parsed{Kind: Block, Block: p.Masked()}, nil
	}
	ns, rest, colon := strings.Cut(s, ":")
	if !colon {
		ns, rest = "", s
	}
	if colon || strings.ContainsAny(s, "=!,") {
		out := Parsed{Kind: Labels, Namespace: ns}
		for _, t := range strings.Split(rest, ",") {
			m := labelTerm.FindStringSubmatch(strings.TrimSpace(t))
			if m == nil || m[1] != "" && m[3] != "" {
				return out, fmt.Errorf("%q is no label selector (want one such as app=web,tier!=db or shop:app=web)", s)
			}
			out.Selector = append(out.Selector, Term{Key: m[2], Not: m[1] != "" || m[3] == "!=", Exists: m[3] == "", Value: m[4]})
		}
		if colon && !namespaceName.MatchString(ns) {
			return out, fmt.Errorf("%q is no name of a namespace", ns)
		}
		return out, nil
	}
	ns, name, ok := strings.Cut(s, "/")
	if !ok || !namespaceName.MatchString(ns) || !objectName.MatchString(name) {
		return Parsed{}, fmt.Errorf("%q is no side of an intent (want namespace/workload, a label selector such as app=web, internet, metadata or a CIDR)", s)
	}
	return Parsed{Namespace: ns, Name: name}, nil
}

// Matches reports whether a glob of names, with * for any text, matches.
func Matches(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return ok && err == nil
}

// Selects reports whether labels meet the side's selector.
func (p Parsed) Selects(labels map[string]string) bool {
	for _, t := range p.Selector {
		v, ok := labels[t.Key]
		hit := ok && (t.Exists || v == t.Value)
		if hit == t.Not {
			return false
		}
	}
	return true
}

// Port is the ports of a flow: every one, a range of numbers, or a name.
type Port struct {
	Name     string
	Lo, Hi   int
	Protocol string // "" is TCP for numbers, any for names
	set      bool
}

// All reports whether no port is named.
func (p Port) All() bool { return !p.set }

var portName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$`)

// UnmarshalText reads 8080, 8000-8100, 53/UDP and names.
func (p *Port) UnmarshalText(b []byte) error {
	text, protocol, _ := strings.Cut(string(b), "/")
	out := Port{Protocol: strings.ToUpper(protocol), set: true}
	switch out.Protocol {
	case "", "TCP", "UDP", "SCTP":
	default:
		return fmt.Errorf("%q is no protocol (want TCP, UDP or SCTP)", protocol)
	}
	lo, hi, isRange := strings.Cut(text, "-")
	if !isRange {
		hi = lo
	}
	a, err1 := strconv.Atoi(lo)
	z, err2 := strconv.Atoi(hi)
	switch {
	case err1 == nil && err2 == nil:
		if a < 1 || z > 65535 || a > z {
			return fmt.Errorf("%q is no port (want 1 to 65535)", b)
		}
		out.Lo, out.Hi = a, z
	case portName.MatchString(text):
		out.Name = text
	default:
		return fmt.Errorf("%q is no port (want a number such as 8080, a range, or a name such as metrics)", b)
	}
	*p = out
	return nil
}
