package manifest

import (
	"math/big"
	"regexp"
	"strings"
)

// quantity is the form of a resource quantity. The exponent's length is bounded,
// so that no number is larger than it looks.
var quantity = regexp.MustCompile(`^([+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40}))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$`)

// Quantity is the field's resource quantity ("500m", "1.5Gi", "1e3"); ok is
// false if it is absent or none. Two quantities compare with Cmp.
func (p Place) Quantity() (value *big.Rat, ok bool) {
	m := quantity.FindStringSubmatch(p.Str())
	if m == nil {
		return nil, false
	}
	number := m[1]
	if m[3] != "" {
		number += "e" + m[3]
	}
	value, ok = new(big.Rat).SetString(strings.TrimSuffix(number, "."))
	if !ok {
		return nil, false
	}
	scale := new(big.Rat).SetInt64(1)
	base, binary := int64(1000), strings.HasSuffix(m[2], "i")
	if binary {
		base = 1024
	}
	if unit := strings.ToUpper(strings.TrimSuffix(m[2], "i")); unit != "" && (binary || m[2] != "n" && m[2] != "u" && m[2] != "m") {
		for range strings.Index("KMGTPE", unit) + 1 {
			scale.Mul(scale, new(big.Rat).SetInt64(base))
		}
	} else {
		for range strings.Index(" mun", m[2]) {
			scale.Quo(scale, new(big.Rat).SetInt64(base))
		}
	}
	return value.Mul(value, scale), true
}
