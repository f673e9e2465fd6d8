package secret

import (
	"strings"
)

// keyPath names the setting that the text at off belongs to: "a.b.c" from the
// indentation of YAML and whatever resembles it, templates included, or the
// one key that stands before the value on its line (dotenv, JSON, scripts).
// It is "" where no key is in sight.
func keyPath(text string, off int) string {
	off = min(max(off, 0), len(text))
	start := strings.LastIndexByte(text[:off], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	var keys []string
	indent := leading(line[:off-start])
	if k := keyOf(line, off-start); k != "" {
		keys = append(keys, k)
	} else {
		indent++ // inside a block scalar or a list: the key is further up
	}
	for steps := 0; start > 0 && indent > 0 && steps < 5000; steps++ {
		end := start - 1
		start = strings.LastIndexByte(text[:end], '\n') + 1
		line = text[start:end]
		n := leading(line)
		if n >= indent || n == len(line) {
			continue
		}
		k := keyOf(line, len(line))
		if k == "" {
			continue
		}
		keys = append(keys, k)
		if indent = n; len(keys) == 12 {
			break
		}
	}
	var b strings.Builder
	for i := len(keys) - 1; i >= 0; i-- {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(keys[i])
	}
	return b.String()
}

// leading counts the blanks that a line starts with; the dash of a list item
// counts as one, because its mapping is nested below it.
func leading(line string) int {
	n := 0
	for n < len(line) && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	if strings.HasPrefix(line[n:], "- ") {
		return n + 2 + leading(line[n+2:])
	}
	return n
}

// keyOf is the last `key:` before upto on a line, or else the first `key=`; ""
// if there is none. A value must never pass for a key, since keys are printed:
// a colon counts only where a value may follow it, which the one in a URL's
// user:password does not, and an equals sign not where it pads base64.
func keyOf(line string, upto int) string {
	for i := upto - 1; i > 0; i-- {
		if line[i] != ':' {
			continue
		}
		if i+1 == len(line) || strings.IndexByte(" \t\r\"'[{", line[i+1]) >= 0 {
			if k := keyBefore(line, i); k != "" {
				return k
			}
		}
	}
	i := strings.IndexByte(line[:upto], '=')
	if i <= 0 || strings.Trim(line[i+1:], "=\r\t\"' ,") == "" {
		return ""
	}
	return keyBefore(line, i)
}

// keyBefore is the name that ends at the separator at i.
func keyBefore(line string, i int) string {
	end := len(strings.TrimRight(line[:i], " \"'"))
	at := end
	for at > 0 && isKeyByte(line[at-1]) {
		at--
	}
	if k := strings.Trim(line[at:end], "-./"); len(k) <= 64 {
		return k
	}
	return ""
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '/'
}
