package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func writeJSON(w io.Writer, r *result.Report) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// ReadJSON reads a report back, refusing one of another schema version.
func ReadJSON(rd io.Reader) (*result.Report, error) {
	var r result.Report
	if err := json.NewDecoder(rd).Decode(&r); err != nil {
		return nil, fmt.Errorf("reading report: %w", err)
	}
	if r.Schema != result.SchemaVersion {
		return nil, fmt.Errorf("report has schema version %q, this kustoms reads %q: write it again with this version", r.Schema, result.SchemaVersion)
	}
	return &r, nil
}
