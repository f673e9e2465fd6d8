// Package match finds the advisories that affect installed packages: an index
// of OSV records on disk, the evaluation of OSV's version ranges, and the
// grouping of advisories that speak of one vulnerability. Versions are
// compared as each ecosystem compares them. The format of the records is
// https://ossf.github.io/osv-schema/.
package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// record is what matching needs of an OSV record. What only decorates a
// report is left raw, so that an unexpected shape there drops no record; and
// unknown fields are ignored, as the schema demands.
type record struct {
	ID         string          `json:"id"`
	Modified   string          `json:"modified"`
	Published  string          `json:"published"`
	Withdrawn  string          `json:"withdrawn"`
	Aliases    []string        `json:"aliases"`
	Upstream   []string        `json:"upstream"`
	Related    json.RawMessage `json:"related"`
	Summary    json.RawMessage `json:"summary"`
	Details    json.RawMessage `json:"details"`
	Severity   json.RawMessage `json:"severity"`
	References json.RawMessage `json:"references"`
	Database   json.RawMessage `json:"database_specific"`
	Affected   []struct {
		Package *struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Type   string              `json:"type"`
			Events []map[string]string `json:"events"`
		} `json:"ranges"`
		Versions  []string        `json:"versions"`
		Severity  json.RawMessage `json:"severity"`
		Ecosystem json.RawMessage `json:"ecosystem_specific"`
		Database  json.RawMessage `json:"database_specific"`
	} `json:"affected"`
}

// detail is what the index keeps of a record beside the ranges.
type detail struct {
	ID        string     `json:"id"`
	Modified  string     `json:"mod,omitempty"`
	Published string     `json:"pub,omitempty"`
	Aliases   []string   `json:"al,omitempty"`
	Upstream  []string   `json:"up,omitempty"`
	Summary   string     `json:"sum,omitempty"`
	Details   string     `json:"det,omitempty"`
	Severity  []severity `json:"sev,omitempty"`
	Words     string     `json:"words,omitempty"` // database_specific.severity
	Refs      []string   `json:"refs,omitempty"`
}

// severity is OSV's: a type such as CVSS_V3 and a vector, or a distribution's
// name and its word.
type severity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

// affected is what the index keeps of one affected package.
type affected struct {
	ID       string     `json:"id"`
	Ranges   [][]event  `json:"r,omitempty"`
	Versions []string   `json:"v,omitempty"`
	Severity []severity `json:"sev,omitempty"`
	Urgency  string     `json:"urg,omitempty"`
	// Odd says that a part of it could not be read: a miss is then possible.
	Odd bool `json:"odd,omitempty"`
}

// event is one of introduced, fixed, last_affected ("last") and limit.
type event struct {
	Kind    string `json:"k"`
	Version string `json:"v"`
}

const (
	maxDetails = 2 << 10 // bytes of prose kept for reports
	maxRefs    = 10
)

var errNoID = errors.New("no id")

func parseRecord(data []byte) (*record, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	if r.ID == "" {
		return nil, errNoID
	}
	return &r, nil
}

func (r *record) detail() detail {
	d := detail{
		ID: r.ID, Modified: r.Modified, Published: r.Published, Aliases: r.Aliases, Upstream: r.Upstream,
		Summary: text(r.Summary, 300), Details: text(r.Details, maxDetails),
		Severity: severities(r.Severity), Words: field(r.Database, "severity"),
	}
	if len(d.Upstream) == 0 && isErratum(d.ID) {
		// Older records of distributions put the faults that an erratum mends
		// among its aliases or related ids.
		var related []string
		_ = json.Unmarshal(r.Related, &related)
		for _, id := range slices.Concat(d.Aliases, related) {
			if isCVE(id) {
				d.Upstream = append(d.Upstream, id)
			}
		}
		if len(d.Upstream) > 0 {
			d.Aliases = nil
		}
	}
	var refs []struct {
		URL string `json:"url"`
	}
	_ = json.Unmarshal(r.References, &refs)
	for _, ref := range refs {
		if len(d.Refs) < maxRefs && (strings.HasPrefix(ref.URL, "https://") || strings.HasPrefix(ref.URL, "http://")) {
			d.Refs = append(d.Refs, ref.URL)
		}
	}
	return d
}

// packages yields what the record affects, by key. GIT ranges speak of
// commits, which no installed package knows.
func (r *record) packages(add func(key string, a affected) error) error {
	for _, f := range r.Affected {
		if f.Package == nil || f.Package.Name == "" || f.Package.Ecosystem == "" {
			continue
		}
		a := affected{ID: r.ID, Versions: f.Versions, Severity: severities(f.Severity), Urgency: field(f.Ecosystem, "urgency")}
		if a.Urgency == "" {
			a.Urgency = field(f.Ecosystem, "severity")
		}
		for _, rg := range f.Ranges {
			if rg.Type == "GIT" {
				continue
			}
			var events []event
			for _, e := range rg.Events {
				for k, v := range e {
					switch k {
					case "introduced", "fixed", "limit":
						events = append(events, event{k, v})
					case "last_affected":
						events = append(events, event{"last", v})
					}
				}
			}
			if len(events) > 0 {
				a.Ranges = append(a.Ranges, events)
			}
		}
		if len(a.Ranges) == 0 && len(a.Versions) == 0 {
			continue // commits alone
		}
		for _, rg := range a.Ranges {
			for _, e := range rg {
				if e.Version == "0" || e.Kind == "limit" && e.Version == "*" {
					continue
				}
				if _, err := parseVersion(f.Package.Ecosystem, e.Version); err != nil {
					a.Odd = true
				}
			}
		}
		if err := add(Key(f.Package.Ecosystem, f.Package.Name), a); err != nil {
			return err
		}
	}
	return nil
}

// isErratum reports whether the id is of a distribution's update, which mends
// several faults.
func isErratum(id string) bool {
	for _, p := range []string{"DSA-", "DLA-", "DTSA-", "USN-", "RHSA-", "RHBA-", "RHEA-", "ALSA-", "ALBA-", "ALEA-", "RLSA-", "RLBA-", "RXSA-", "SUSE-", "openSUSE-", "OESA-", "MGASA-", "ELSA-"} {
		if strings.HasPrefix(id, p) {
			return true
		}
	}
	return false
}

func isCVE(id string) bool { return strings.HasPrefix(id, "CVE-") }

func text(raw json.RawMessage, limit int) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// field is a string field of an object whose other fields may be anything.
func field(raw json.RawMessage, name string) string {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(raw, &m)
	var s string
	_ = json.Unmarshal(m[name], &s)
	return s
}

func severities(raw json.RawMessage) []severity {
	var all []severity
	_ = json.Unmarshal(raw, &all)
	return slices.DeleteFunc(all, func(s severity) bool { return s.Score == "" })
}

func (r *record) String() string { return fmt.Sprintf("record %s", r.ID) }
