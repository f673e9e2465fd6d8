package schema

import (
	"encoding/base64"
	"math"
	"time"

	"k8s.io/kube-openapi/pkg/validation/strfmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// format checks what a value says beyond its type. Formats that the API server
// does not know mean nothing.
func (c *checker) format(p manifest.Place, sc *Schema) {
	switch sc.Format {
	case "":
	case "int32", "int64":
		v, ok := p.Int()
		if ok && sc.Format == "int32" && (v < math.MinInt32 || v > math.MaxInt32) || !ok && jsonType(p) == "integer" {
			c.add(p, Invalid, "", "%s is %s, which is too large for %s", name(p), clip(p.Str()), sc.Format)
		}
	case "quantity":
		if _, ok := p.Quantity(); !ok && p.Str() != "" {
			c.add(p, Invalid, `write it like "500m", "128Mi" or "2"`, "%s is %q, which is no quantity", name(p), clip(p.Str()))
		}
	case "int-or-string", "float", "double", "password":
	case "byte":
		if sc.Custom == nil {
			if _, err := base64.StdEncoding.DecodeString(p.Str()); err != nil {
				c.add(p, Invalid, "encode the value in base64", "%s is no base64", name(p)) // it may be a secret: not shown
			}
			return
		}
		c.formatted(p, sc.Format)
	case "date-time":
		if sc.Custom == nil {
			if _, err := time.Parse(time.RFC3339Nano, p.Str()); err != nil {
				c.add(p, Invalid, `write it like "2026-01-31T12:00:00Z"`, "%s is %q, which is no time", name(p), clip(p.Str()))
			}
			return
		}
		c.formatted(p, sc.Format)
	default:
		if sc.Custom != nil {
			c.formatted(p, sc.Format)
		}
	}
}

// formatted asks the API server's own registry of formats.
func (c *checker) formatted(p manifest.Place, format string) {
	if jsonType(p) == "string" && strfmt.Default.ContainsName(format) && !strfmt.Default.Validates(format, p.Str()) {
		c.add(p, Invalid, "", "%s is %q, which is no %s", name(p), clip(p.Str()), format)
	}
}

// clip shortens what is printed of a value.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
