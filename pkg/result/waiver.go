package result

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Waiver is one decision to accept findings, as somebody wrote it: an entry of
// the configuration, a comment, an annotation, or another tool's ignore file.
// Selectors are globs; an empty one matches everything, and all must match.
type Waiver struct {
	Rule      string      `json:"rule" yaml:"rule" need:"required" doc:"Rule id, family, glob of ids, or another tool's id of the same check."`
	Path      string      `json:"path,omitempty" yaml:"path" doc:"Glob of the file that the finding is in."`
	Kind      string      `json:"kind,omitempty" yaml:"kind" doc:"Glob of the object's kind."`
	Namespace string      `json:"namespace,omitempty" yaml:"namespace" doc:"Glob of the object's namespace."`
	Name      string      `json:"name,omitempty" yaml:"name" doc:"Glob of the object's name."`
	Container string      `json:"container,omitempty" yaml:"container" doc:"Glob of the container's name."`
	Target    string      `json:"target,omitempty" yaml:"target" doc:"Glob of target names; a finding seen in several targets is suppressed if all match."`
	Image     string      `json:"image,omitempty" yaml:"image" doc:"Glob of images, of findings about what an image holds: the reference as written, or without tag and digest, or with the digest that was read."`
	Package   string      `json:"package,omitempty" yaml:"package" doc:"Glob of packages, of known vulnerabilities: name, name@version or PURL of the package or of its source. One that affects several packages is accepted if all match."`
	Reason    string      `json:"reason,omitempty" yaml:"reason" doc:"Why the finding is acceptable. Without a reason nothing is suppressed."`
	Owner     string      `json:"owner,omitempty" yaml:"owner" doc:"Who answers for it."`
	Expires   string      `json:"expires,omitempty" yaml:"expires" doc:"Last day on which it holds, as YYYY-MM-DD."`
	At        source.Span `json:"at" yaml:"-"`

	// Form is how it is written, and Tool whose syntax it is, "" for ours.
	Form Form   `json:"form" yaml:"-"`
	Tool string `json:"tool,omitempty" yaml:"-"`
	// Lines, of a comment, is the stretch of its file that it speaks of; an
	// end of 0 is the file's. Of an ignore file's entry they are those of Path,
	// and Commit is the one of a leak in the history, "" for any.
	Lines  [2]int `json:"lines,omitzero" yaml:"-"`
	Commit string `json:"commit,omitempty" yaml:"-"`
	// Object, of an annotation, is the object that carries it, and Seen the
	// target that rendered it.
	Object Key    `json:"object,omitzero" yaml:"-"`
	Seen   string `json:"seen,omitempty" yaml:"-"`
	// Fault says why it cannot be applied, "" if it can.
	Fault string `json:"fault,omitempty" yaml:"-"`
	// Text is the line that a comment speaks of, for comparing revisions. It
	// may hold a secret and leaves the process in no form.
	Text string `json:"-" yaml:"-"`

	// State and Used, the number of findings that it accepts, are triage's.
	State WaiverState `json:"state,omitempty" yaml:"-"`
	Used  int         `json:"used" yaml:"-"`
}

// Form is how a waiver is written.
type Form string

// The forms.
const (
	FormConfig     Form = "config"
	FormComment    Form = "comment"
	FormAnnotation Form = "annotation"
	FormFile       Form = "ignore-file" // another tool's
	FormVEX        Form = "vex"         // a statement of Vulnerability.VEX
	FormPolicy     Form = "policy"      // a setting for all findings of a kind
)

// WaiverState is what became of a waiver.
type WaiverState string

// The states. Only the first two suppress.
const (
	WaiverActive    WaiverState = "active"
	WaiverExpiring  WaiverState = "expiring" // within the days of warning
	WaiverUnused    WaiverState = "unused"
	WaiverUnknown   WaiverState = "not-seen" // matches nothing, but not everything was looked at
	WaiverExpired   WaiverState = "expired"
	WaiverMalformed WaiverState = "malformed"
	WaiverUntrusted WaiverState = "untrusted" // not in the revision that --policy-from names
)

// Selectors lists the globs.
func (w *Waiver) Selectors() []string {
	s := []string{w.Rule, w.Path, w.Kind, w.Namespace, w.Name, w.Container, w.Target}
	if w.Image != "" || w.Package != "" { // so that others keep their identity
		s = append(s, w.Image, w.Package)
	}
	return s
}

// Identity is what makes two revisions' waivers the same one: everything that
// decides what it accepts, but no line number and no target, so that an edit
// above changes nothing.
func (w *Waiver) Identity() string {
	at := w.At.Path
	if w.Form == FormAnnotation {
		at = ""
	}
	return strings.Join(append(w.Selectors(), string(w.Form), w.Tool, at, w.Object.String(), w.Reason, w.Owner, w.Expires, w.Fault, w.Commit), "\x00")
}

// Notice is something about the run that every report says first, because it
// decides what the rest is worth.
type Notice struct {
	Kind    NoticeKind  `json:"kind"`
	Message string      `json:"message"`
	At      source.Span `json:"at,omitzero"`
}

// NoticeKind is what a notice is about.
type NoticeKind string

// The kinds of notice.
const (
	NoticePolicy NoticeKind = "policy-change" // the change alters what is accepted
	NoticeBase   NoticeKind = "base"          // what the findings are compared with
)

// MapsTo reports whether id names a check of the tool, of any tool if it is
// "", that the catalogue maps to the rule as equal or as related.
func (m *Rule) MapsTo(tool, id string) bool {
	id = peerID(id)
	if id == "" {
		return false
	}
	for _, peers := range [...]map[string][]string{m.Peers, m.Related} {
		for t, ids := range peers {
			if (tool == "" || t == tool) && slices.ContainsFunc(ids, func(peer string) bool { return samePeer(peer, id) }) {
				return true
			}
		}
	}
	return false
}

// samePeer reports whether the catalogue's entry is the check that the folded
// id names. KICS' entries are "Title (uuid)"; either names the check.
func samePeer(entry, id string) bool {
	title, uuid, _ := strings.Cut(strings.TrimSuffix(entry, ")"), " (")
	return peerID(entry) == id || peerID(title) == id || uuid != "" && peerID(uuid) == id
}

// peerID folds the ways in which people write another tool's id. Trivy has
// had three for one check: KSV017, AVD-KSV-0017 and KSV-0017.
func peerID(id string) string {
	id = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(id)), "avd-")
	if n, ok := strings.CutPrefix(id, "ksv"); ok {
		if n = strings.TrimPrefix(n, "-"); len(n) > 0 && len(n) < 4 {
			n = strings.Repeat("0", 4-len(n)) + n
		}
		id = "ksv-" + n
	}
	return id
}
