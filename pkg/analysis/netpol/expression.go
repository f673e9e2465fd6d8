package netpol

import (
	"regexp"
	"slices"
	"strings"
)

// labels gives a label's value, whether it is set, and whether that is known.
type labels func(key string) (value string, ok, known bool)

// selects evaluates a Calico selector: has(k), k == 'v', k != 'v', k in {…},
// k not in {…}, k contains|starts with|ends with 'v', all(), global(), !, &&,
// || and parentheses. An empty selector selects everything, and so does one
// that cannot be read. https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors
func selects(selector string, get labels) bool { return evaluate(selector, get) != no }

// evaluate is selects with the doubt kept.
func evaluate(selector string, get labels) truth {
	e := &expression{tokens: token.FindAllString(selector, maxTokens+1), get: get}
	switch {
	case len(e.tokens) == 0:
		return yes
	case len(e.tokens) > maxTokens:
		return maybe
	}
	v := e.or(0)
	if e.broken || len(e.tokens) > 0 {
		return maybe
	}
	return truthOf(v)
}

const (
	maxTokens = 1000
	maxNested = 50
)

var token = regexp.MustCompile(`&&|\|\||==|!=|!|\(|\)|\{|\}|,|'[^']*'|"[^"]*"|[^\s&|=!(){},'"]+`)

type expression struct {
	tokens []string
	get    labels
	broken bool
}

func (e *expression) next() string {
	if len(e.tokens) == 0 {
		e.broken = true
		return ""
	}
	t := e.tokens[0]
	e.tokens = e.tokens[1:]
	return t
}

func (e *expression) accept(words ...string) bool {
	if len(e.tokens) >= len(words) && slices.Equal(e.tokens[:len(words)], words) {
		e.tokens = e.tokens[len(words):]
		return true
	}
	return false
}

func (e *expression) or(depth int) bool {
	v := e.and(depth)
	for e.accept("||") {
		w := e.and(depth)
		v = v || w
	}
	return v
}

func (e *expression) and(depth int) bool {
	v := e.term(depth)
	for e.accept("&&") {
		w := e.term(depth)
		v = v && w
	}
	return v
}

func (e *expression) term(depth int) bool {
	if depth > maxNested {
		e.broken = true
		return true
	}
	switch {
	case e.accept("!"):
		return !e.term(depth + 1)
	case e.accept("all", "(", ")"):
		return true
	case e.accept("global", "(", ")"):
		return false
	case e.accept("("):
		v := e.or(depth + 1)
		e.broken = !e.accept(")") || e.broken
		return v
	case e.accept("has", "("):
		_, ok, known := e.get(e.next())
		e.broken = !e.accept(")") || !known || e.broken
		return ok
	}
	return e.comparison()
}

func (e *expression) comparison() bool {
	got, ok, known := e.get(e.next())
	e.broken = !known || e.broken
	switch {
	case e.accept("=="):
		v := e.value()
		return ok && got == v
	case e.accept("!="):
		v := e.value()
		return !ok || got != v
	case e.accept("not", "in"):
		set := e.set()
		return !ok || !slices.Contains(set, got)
	case e.accept("in"):
		set := e.set()
		return ok && slices.Contains(set, got)
	case e.accept("contains"):
		v := e.value()
		return ok && strings.Contains(got, v)
	case e.accept("starts", "with"):
		v := e.value()
		return ok && strings.HasPrefix(got, v)
	case e.accept("ends", "with"):
		v := e.value()
		return ok && strings.HasSuffix(got, v)
	}
	e.broken = true
	return true
}

func (e *expression) value() string { return strings.Trim(e.next(), `'"`) }

func (e *expression) set() []string {
	var out []string
	e.broken = !e.accept("{") || e.broken
	for !e.broken && !e.accept("}") {
		out = append(out, e.value())
		e.accept(",")
	}
	return out
}
