package vex

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/openvex/go-vex/pkg/vex"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// openVEX reads https://github.com/openvex/spec, version 0.2.
func openVEX(text []byte) ([]*statement, error) {
	var doc vex.VEX
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("no OpenVEX 0.2: %w", err)
	}
	var out []*statement
	for i := range doc.Statements {
		in := &doc.Statements[i]
		if err := in.Validate(); err != nil {
			return nil, fmt.Errorf("statements[%d]: %w", i, err)
		}
		s := &statement{said: result.VEX{
			Status: result.VEXStatus(in.Status), Justification: string(in.Justification), Author: doc.Author, Document: doc.ID,
			Detail: words(in.ImpactStatement, in.StatusNotes, in.ActionStatement),
		}}
		for _, id := range append([]vex.VulnerabilityID{in.Vulnerability.Name, vex.VulnerabilityID(in.Vulnerability.ID)}, in.Vulnerability.Aliases...) {
			if id != "" {
				s.ids = append(s.ids, string(id))
			}
		}
		if len(s.ids) == 0 {
			return nil, fmt.Errorf("statements[%d]: vulnerability.name is missing", i)
		}
		for _, t := range []*time.Time{in.LastUpdated, in.Timestamp, doc.LastUpdated, doc.Timestamp} {
			if t != nil && !t.IsZero() {
				s.at(*t)
				break
			}
		}
		for _, p := range in.Products {
			q := product{identity: openVEXComponent(p.Component)}
			for _, c := range p.Subcomponents {
				q.parts = append(q.parts, openVEXComponent(c.Component))
			}
			s.products = append(s.products, q)
		}
		out = append(out, s)
	}
	return out, nil
}

func openVEXComponent(c vex.Component) (i identity) {
	for _, id := range []string{c.ID, c.Identifiers[vex.PURL]} {
		switch {
		case strings.HasPrefix(id, "pkg:"):
			i.purls = append(i.purls, id)
		case id != "" && !strings.Contains(id, "://") && !strings.HasPrefix(id, "urn:"):
			i.names = append(i.names, id)
		}
	}
	if h := c.Hashes[vex.SHA256]; h != "" {
		i.digests = append(i.digests, "sha256:"+strings.TrimPrefix(strings.ToLower(string(h)), "sha256:"))
	}
	return i
}

// at sets the time of the statement.
func (s *statement) at(t time.Time) {
	s.time = t.UTC()
	s.said.Date = s.time.Format(time.RFC3339)
}

// words joins what was said, on one line of a bounded length.
func words(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.Join(strings.Fields(strings.ToValidUTF8(p, "?")), " "); p != "" {
			out = append(out, p)
		}
	}
	r := []rune(strings.Join(out, "; "))
	if len(r) > maxWords {
		r = append(r[:maxWords], '…')
	}
	return string(r)
}

const maxWords = 500
