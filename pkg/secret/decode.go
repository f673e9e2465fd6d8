package secret

import (
	"encoding/base64"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decodeDepth is how often encoded text is decoded again, gitleaks' default.
const decodeDepth = 5

// view is a text after some passes of decoding, with the way back.
type view struct {
	text     string
	original string
	depth    int
	parts    []part // decoded by the last pass, in order
	prev     *view
	line     region // of the match before: many may stand on one
}

// part is a stretch that a pass decoded: where it is now, and where its
// encoded form is in the view before.
type part struct {
	from, to int // decoded
	src      region
}

// decode replaces what is encoded by what it says. False if nothing is.
func (v *view) decode() (view, bool) {
	var b strings.Builder
	var parts []part
	at := 0
	for _, c := range encodings(v.text) {
		plain := c.decode(v.text[c.from:c.to])
		if plain == "" {
			continue
		}
		if parts == nil {
			b.Grow(len(v.text))
		}
		b.WriteString(v.text[at:c.from])
		from := b.Len()
		b.WriteString(plain)
		parts = append(parts, part{from, b.Len(), c.region})
		at = c.to
	}
	if parts == nil {
		return view{}, false
	}
	b.WriteString(v.text[at:])
	prev := *v
	return view{text: b.String(), original: v.original, depth: v.depth + 1, parts: parts, prev: &prev}, true
}

// regions are the surroundings of the decoded parts, wide enough that every
// match that touches a part is inside with its keywords.
func (v *view) regions(bytes, lines int) []region {
	var out []region
	for _, p := range v.parts {
		r := region{
			min(backLines(v.text, p.from, lines), max(0, p.from-bytes)),
			max(forwardLines(v.text, p.to, lines), min(len(v.text), p.to+bytes)),
		}
		if n := len(out) - 1; n >= 0 && r.from <= out[n].to {
			out[n].to = max(out[n].to, r.to)
			continue
		}
		out = append(out, r)
	}
	return out
}

// touching are the parts that meet text[from:to], ends included.
func (v *view) touching(from, to int) []part {
	i := sort.Search(len(v.parts), func(i int) bool { return v.parts[i].to >= from })
	j := i
	for j < len(v.parts) && v.parts[j].from <= to {
		j++
	}
	return v.parts[i:j]
}

// back leads a stretch of the view to the original text.
func (v *view) back(r region) region {
	for ; v.prev != nil; v = v.prev {
		edge := func(p int, end bool) int {
			i := sort.Search(len(v.parts), func(i int) bool { return v.parts[i].from > p }) - 1
			if i < 0 {
				return p
			}
			q := v.parts[i]
			switch {
			case p >= q.to:
				return p - q.to + q.src.to
			case end && p > q.from:
				return q.src.to
			}
			return q.src.from
		}
		r = region{edge(r.from, false), edge(r.to, true)}
	}
	return r
}

// locate makes a match of text[from:to]. False if an earlier pass has seen it.
func (v *view) locate(from, to int) (found, bool) {
	match := strings.Trim(v.text[from:to], "\n")
	f := found{match: hidden(match), depth: v.depth}
	orig := region{from, from + len(match)}
	if v.depth > 0 {
		parts := v.touching(from, to)
		if len(parts) == 0 {
			return f, false
		}
		orig = v.back(region{from, to})
		f.encoded = true
		a, z := lineAround(v.text, parts[0].from, parts[len(parts)-1].to)
		f.line = hidden(v.text[a:z])
	}
	f.from, f.till = orig.from, max(orig.to, orig.from)
	f.start, f.end = f.from, f.till
	if v.depth == 0 {
		if f.from <= v.line.from || f.till >= v.line.to {
			v.line.from, v.line.to = lineAround(v.original, f.from, f.till)
		}
		f.line = hidden(v.original[v.line.from:v.line.to])
	}
	return f, true
}

// lineAround is the lines of text[from:to], with the newline before them, as
// gitleaks' allowlists see it.
func lineAround(text string, from, to int) (int, int) {
	a := max(strings.LastIndexByte(text[:min(from, len(text))], '\n'), 0)
	if i := strings.IndexByte(text[min(to, len(text)):], '\n'); i >= 0 {
		return a, to + i
	}
	return a, len(text)
}

// encoding is a stretch of text that looks encoded.
type encoding struct {
	region
	kind int
}

// The kinds of encoding. Where two touch the greater waits for a later pass.
const (
	percent = iota
	escaped // \u0041 and U+0041
	hexed
	base64d
)

// encodings lists the stretches that look encoded: what gitleaks' codec
// matches with
//
//	%XX(.*%XX)? | (U+XXXX\s)+ or (\\uXXXX)+ | [0-9A-Fa-f]{32,} | [\w/+-]{16,}={0,2}
func encodings(text string) []encoding {
	var all []encoding
	for i := 0; i < len(text); {
		c := text[i]
		kind, end := -1, 0
		switch flags := charOf[c]; {
		case flags == 0:
			i++
			continue
		case c == '%':
			kind, end = percent, percentEnd(text, i)
		case c == '\\':
			kind, end = escaped, escapesEnd(text, i)
		case flags&wordChar != 0:
			if c == 'U' {
				kind, end = escaped, codePointsEnd(text, i)
			}
			if end > i {
				break
			}
			// A run shorter than 16 holds nothing but a code point.
			run := i
			for run < len(text) && charOf[text[run]]&wordChar != 0 {
				run++
			}
			if run-i < 16 {
				if u := strings.Index(text[i+1:run], "U+"); u >= 0 {
					i += 1 + u
				} else {
					i = run
				}
				continue
			}
			hexEnd := i
			for hexEnd < run && charOf[text[hexEnd]]&hexChar != 0 {
				hexEnd++
			}
			if hexEnd-i >= 32 {
				kind, end = hexed, hexEnd
				break
			}
			kind, end = base64d, run
			for n := 0; n < 2 && end < len(text) && text[end] == '='; n++ {
				end++
			}
		}
		if end <= i {
			i++
			continue
		}
		all = append(all, encoding{region{i, end}, kind})
		i = end
	}
	if len(all) < 2 {
		return all
	}
	out := make([]encoding, 0, len(all))
	for i, m := range all {
		if i > 0 && all[i-1].to >= m.from && all[i-1].kind < m.kind {
			continue
		}
		if i+1 < len(all) && all[i+1].from <= m.to && all[i+1].kind < m.kind {
			continue
		}
		out = append(out, m)
	}
	return out
}

const (
	wordChar = 1 << iota // [\w/+-]
	hexChar
	startChar // starts another encoding
	digitChar
)

var charOf = func() (t [256]uint8) {
	for c := range 256 {
		b := byte(c)
		switch {
		case b >= '0' && b <= '9':
			t[c] = wordChar | hexChar | digitChar
		case b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F':
			t[c] = wordChar | hexChar
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || strings.IndexByte("_/+-", b) >= 0:
			t[c] = wordChar
		case b == '%' || b == '\\':
			t[c] = startChar
		}
	}
	return t
}()

func isHex(text string, at, n int) bool {
	if at+n > len(text) {
		return false
	}
	for i := at; i < at+n; i++ {
		if charOf[text[i]]&hexChar == 0 {
			return false
		}
	}
	return true
}

// percentEnd is past the last %XX of the line, or i.
func percentEnd(text string, i int) int {
	if !isHex(text, i+1, 2) {
		return i
	}
	eol := len(text)
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		eol = i + n
	}
	for end := eol; ; {
		p := strings.LastIndexByte(text[i+1:end], '%')
		if p < 0 {
			return i + 3
		}
		if end = i + 1 + p; end >= i+3 && isHex(text[:eol], end+1, 2) {
			return end + 3
		}
	}
}

func escapesEnd(text string, i int) int {
	end := i
	for {
		p := end
		for n := 0; n < 2 && p < len(text) && text[p] == '\\'; n++ {
			p++
		}
		if p == end || p >= len(text) || text[p]|0x20 != 'u' || !isHex(text, p+1, 4) {
			return end
		}
		end = p + 5
	}
}

func codePointsEnd(text string, i int) int {
	end := i
	for strings.HasPrefix(text[end:], "U+") && isHex(text, end+2, 4) {
		if end+6 == len(text) {
			return end + 6
		}
		if strings.IndexByte("\t\n\f\r ", text[end+6]) < 0 {
			return end
		}
		end += 7
	}
	return end
}

// decode is the plain text of an encoding, "" if it is not encoded after all:
// plain text is printable ASCII.
func (c encoding) decode(s string) string {
	switch c.kind {
	case percent:
		return decodePercent(s)
	case escaped:
		return decodeEscapes(s)
	case hexed:
		return decodeHex(s)
	}
	return decodeBase64(s)
}

func printable(b []byte) bool {
	for _, c := range b {
		if c <= 8 || c >= 0x7f {
			return false
		}
	}
	return true
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	default:
		return c | 0x20 - 'a' + 10
	}
}

func decodeHex(s string) string {
	digit := false
	for i := 0; !digit && i < len(s); i++ {
		digit = charOf[s[i]]&digitChar != 0
	}
	if len(s)%2 != 0 || !digit {
		return ""
	}
	out := make([]byte, len(s)/2)
	for i := range out {
		if out[i] = unhex(s[2*i])<<4 | unhex(s[2*i+1]); !printable(out[i : i+1]) {
			return ""
		}
	}
	return string(out)
}

func decodePercent(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && isHex(s, i+1, 2) {
			c := unhex(s[i+1])<<4 | unhex(s[i+2])
			if !printable([]byte{c}) {
				return ""
			}
			out = append(out, c)
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

func decodeEscapes(s string) string {
	var out []rune
	for i := 0; i+4 <= len(s); {
		if !isHex(s, i, 4) || i == 0 || s[i-1]|0x20 != 'u' && s[i-1] != '+' {
			i++
			continue
		}
		n, err := strconv.ParseUint(s[i:i+4], 16, 32)
		if err != nil {
			return ""
		}
		out = append(out, rune(n))
		i += 4
	}
	return string(out)
}

func decodeBase64(s string) string {
	if !likely(s) {
		return ""
	}
	for _, enc := range [...]*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		if plain, err := enc.DecodeString(s); err == nil && printable(plain) {
			return string(plain)
		}
	}
	return ""
}

// likely rules out words: base64 has something other than letters in it, and
// its first four characters say three that can be printed.
func likely(s string) bool {
	var head [4]byte
	for i := range head {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			head[i] = c - 'A'
		case c >= 'a' && c <= 'z':
			head[i] = c - 'a' + 26
		case c >= '0' && c <= '9':
			head[i] = c - '0' + 52
		case c == '+' || c == '-':
			head[i] = 62
		default:
			head[i] = 63
		}
	}
	if !printable([]byte{head[0]<<2 | head[1]>>4, head[1]<<4 | head[2]>>2, head[2]<<6 | head[3]}) {
		return false
	}
	return strings.ContainsAny(s, "0123456789+/-_") && utf8.ValidString(s)
}
