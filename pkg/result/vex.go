package result

import "strings"

// VEXStatus is what somebody states of a vulnerability in a product.
type VEXStatus string

// The statuses of VEX, in OpenVEX' words.
const (
	VEXNotAffected        VEXStatus = "not_affected"
	VEXFixed              VEXStatus = "fixed"
	VEXAffected           VEXStatus = "affected"
	VEXUnderInvestigation VEXStatus = "under_investigation"
)

// VEX is a statement of somebody about a vulnerability of an image or of a
// package in it.
type VEX struct {
	Status VEXStatus `json:"status"`
	// Justification is the reason in a word: "vulnerable_code_not_present".
	Justification string `json:"justification,omitempty"`
	Detail        string `json:"detail,omitempty"`
	Author        string `json:"author,omitempty"`
	Document      string `json:"document,omitempty"` // its id
	File          string `json:"file"`               // that it was read from
	Date          string `json:"date,omitempty"`     // RFC 3339
}

// Clears reports whether the statement says that there is nothing to do.
func (v VEX) Clears() bool { return v.Status == VEXNotAffected || v.Status == VEXFixed }

// String says who states what, and where.
func (v VEX) String() string {
	s := string(v.Status)
	for _, why := range []string{v.Justification, v.Detail} {
		if why != "" {
			s += ": " + why
		}
	}
	from := []string{}
	for _, f := range []string{v.Author, v.File} {
		if f != "" {
			from = append(from, f)
		}
	}
	return s + " (VEX of " + strings.Join(from, ", ") + ")"
}
