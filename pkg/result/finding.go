// Package result holds what a run found: findings, the rules that made them,
// the targets that were rendered and the status of each stage. It is plain
// data: every analyzer writes it, triage marks it and every report reads it,
// and its JSON form is lossless. A Finding is always safe to print: a secret
// contributes its file, key path and rule, never its value.
package result

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Key names a Kubernetes object.
type Key struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`
}

// Group is the API group, "" for the core group.
func (k Key) Group() string {
	if i := strings.LastIndexByte(k.APIVersion, '/'); i >= 0 {
		return k.APIVersion[:i]
	}
	return ""
}

// IsZero reports whether k names nothing.
func (k Key) IsZero() bool { return k == Key{} }

// String is "Kind/name", or "Kind/namespace/name" where a namespace is written.
func (k Key) String() string {
	if k.IsZero() {
		return ""
	}
	if k.Namespace != "" {
		return k.Kind + "/" + k.Namespace + "/" + k.Name
	}
	return k.Kind + "/" + k.Name
}

// Role says what an Origin did to the rendered line.
type Role string

// The roles of an origin.
const (
	RoleFile          Role = "file"          // a plain manifest
	RoleTemplate      Role = "template"      // the template line that printed it
	RoleInclude       Role = "include"       // the line that included the printing template
	RoleValues        Role = "values"        // the values line that set it
	RoleResource      Role = "resource"      // a resource that a kustomization lists
	RolePatch         Role = "patch"         // a patch, in a file or inline
	RoleKustomization Role = "kustomization" // a field of a kustomization file
	RoleGenerator     Role = "generator"     // a generator's literal or file
)

// Origin is one step from a rendered line to where it was written.
type Origin struct {
	source.Span
	Role Role `json:"role"`
	// Key is the values key ("image.tag") or kustomization field, if one
	// decided the line.
	Key string `json:"key,omitempty"`
}

// Location says where a fault is. Primary is where a person edits, Rendered
// where the fault shows: its Path is the target's name and its lines are those
// of `kustoms render TARGET`. Chain leads from Primary to the rendered line.
// Exact is false where Primary is only the nearest honest line.
type Location struct {
	Primary  source.Span `json:"primary"`
	Rendered source.Span `json:"rendered,omitzero"`
	Chain    []Origin    `json:"chain,omitempty"`
	Exact    bool        `json:"exact"`
}

// Related is another place that explains a finding.
type Related struct {
	Location Location `json:"location"`
	Message  string   `json:"message"`
}

// Suppression says why a finding does not count.
type Suppression struct {
	Kind    Form        `json:"kind"`
	Tool    string      `json:"tool,omitempty"` // whose syntax it is, "" for ours
	Reason  string      `json:"reason"`
	Owner   string      `json:"owner,omitempty"`
	Expires string      `json:"expires,omitempty"` // YYYY-MM-DD
	From    source.Span `json:"from,omitzero"`
}

// BaselineState compares a finding with an earlier run.
type BaselineState string

// The states; empty means that no baseline was given.
const (
	BaselineNew       BaselineState = "new"
	BaselineUnchanged BaselineState = "unchanged"
	BaselineAbsent    BaselineState = "absent" // fixed since
)

// Finding is one problem. Suppressed and Baseline are set by triage only.
type Finding struct {
	Rule        string    `json:"rule"`
	Severity    Severity  `json:"severity"`
	Message     string    `json:"message"`
	Fix         string    `json:"fix,omitempty"`
	Object      Key       `json:"object,omitzero"`
	Container   string    `json:"container,omitempty"`
	Field       string    `json:"field,omitempty"`
	Loc         Location  `json:"location"`
	Related     []Related `json:"related,omitempty"`
	Targets     []string  `json:"targets,omitempty"`
	Fingerprint string    `json:"fingerprint"`
	Excerpt     *Excerpt  `json:"excerpt,omitempty"`
	// Edits mend the fault together, all or none; empty where no edit is known
	// to be safe.
	Edits []Edit `json:"edits,omitempty"`
	Leak  *Leak  `json:"leak,omitempty"`
	// Vulnerability is set where the finding is a known fault of an image.
	Vulnerability *Vulnerability `json:"vulnerability,omitempty"`
	// Image is the image whose contents or configuration are at fault.
	Image      *ImageID      `json:"image,omitempty"`
	Suppressed *Suppression  `json:"suppressed,omitempty"`
	Baseline   BaselineState `json:"baseline,omitempty"`
	// Lifted is set where an attack path makes the finding worse than it is by
	// itself: Severity is the higher one, which the gate follows.
	Lifted *Lift `json:"lifted,omitempty"`
	// On are the attack paths that the finding is a step of; triage's own.
	On []PathStep `json:"-"`
	// Missing is the object whose absence is the fault, nil for other faults.
	Missing *Key `json:"missing,omitempty"`
}

// Counts reports whether the finding can fail the gate: it is neither
// suppressed nor known from the baseline.
func (f *Finding) Counts() bool {
	return f.Suppressed == nil && (f.Baseline == "" || f.Baseline == BaselineNew)
}

// Leak marks a finding about a secret in the source text at Loc.Primary. Leaks
// whose spans overlap are one, whatever rule or target saw them.
type Leak struct {
	// Generic says that only its surroundings tell it for a secret; another
	// rule that knows its kind is believed before.
	Generic bool `json:"generic,omitempty"`
	// Commit, Author and Date (RFC 3339) say who wrote it when, for a leak
	// in the history.
	Commit string `json:"commit,omitempty"`
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
}

// Edit replaces the text of Span by Text; a span that ends where it starts
// inserts. Text is never a secret.
type Edit struct {
	Span source.Span `json:"span"`
	Text string      `json:"text"`
}

// Excerpt is the source around a finding, already masked where it held a
// secret. First is the line number of Lines[0].
type Excerpt struct {
	First int      `json:"first"`
	Lines []string `json:"lines"`
}

// Fingerprint identifies a problem across edits: no line, no wording, no
// target. field is the stable path (list items by name), evidence what tells
// two faults of one field apart; neither may hold a secret.
func Fingerprint(rule string, object Key, field, evidence string) string {
	h := sha256.New()
	for _, s := range []string{rule, object.Group(), object.Kind, object.Namespace, object.Name, field, evidence} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return "v1:" + hex.EncodeToString(h.Sum(nil)[:16])
}
