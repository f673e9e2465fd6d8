package helm

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"

	"helm.sh/helm/v3/pkg/chartutil"
)

// Functions that only move values about get them with their marks; arguments
// that they take as strings (keys, names) are stripped all the same.
var movers = set(`default coalesce ternary list tuple set merge mustMerge mergeOverwrite mustMergeOverwrite
	deepCopy mustDeepCopy first mustFirst last mustLast rest mustRest initial mustInitial append mustAppend
	push mustPush prepend mustPrepend concat get pluck pick omit dig values toString toStrings join
	include required kindOf kindIs typeOf typeIs typeIsLike empty all any hasKey keys fail lookup`)

// Functions that work line by line or at the ends of a text, and for which a
// mark is a character like any other.
var neutral = set(`indent nindent print println cat` + " " + markFunc)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// markAware wraps the functions so that marks change no result: what a
// function reads is stripped, and what it makes of a text carries that text's
// marks on.
func markAware(plain template.FuncMap) template.FuncMap {
	out := make(template.FuncMap, len(plain)+16)
	for name, fn := range plain {
		switch {
		case neutral[name]:
			out[name] = fn
		default:
			out[name] = wrap(fn, !movers[name])
		}
	}
	out["dict"] = func(v ...any) map[string]any {
		d := make(map[string]any, len(v)/2)
		for i := 0; i < len(v); i += 2 {
			key := strip(fmt.Sprint(v[i]))
			if i+1 >= len(v) {
				d[key] = ""
				continue
			}
			d[key] = v[i+1]
		}
		return d
	}
	out["quote"] = quoteAll(func(s string) string { return fmt.Sprintf("%q", s) })
	out["squote"] = quoteAll(func(s string) string { return "'" + s + "'" })
	out["printf"] = func(format string, args ...any) string {
		format = strip(format)
		plain := fmt.Sprintf(format, deepStripAll(args)...)
		if s := fmt.Sprintf(format, args...); strip(s) == plain {
			return s
		}
		return plain + marksOf(fmt.Sprint(args...))
	}
	for _, name := range []string{"eq", "ne", "lt", "le", "gt", "ge", "len", "html", "js", "urlquery"} {
		out[name] = builtin(name)
	}
	out["index"] = func(item reflect.Value, path ...reflect.Value) (any, error) { return indexed(item, path, "index") }
	out["slice"] = func(item reflect.Value, path ...reflect.Value) (any, error) {
		if item.Kind() == reflect.String {
			item = reflect.ValueOf(strip(item.String()))
		}
		return indexed(item, path, "slice")
	}
	return out
}

func quoteAll(quote func(string) string) func(...any) string {
	return func(args ...any) string {
		var out []string
		for _, a := range args {
			if a == nil {
				continue
			}
			s := fmt.Sprint(a)
			if str, ok := a.(fmt.Stringer); ok {
				s = str.String()
			}
			q := quote(strip(s))
			out = append(out, q[:len(q)-1]+marksOf(s)+q[len(q)-1:])
		}
		return strings.Join(out, " ")
	}
}

// builtin calls one of text/template's own functions with stripped arguments.
func builtin(name string) any {
	return func(args ...reflect.Value) (any, error) {
		for i, a := range args {
			if a.IsValid() && a.Kind() == reflect.Interface && !a.IsNil() {
				a = a.Elem()
			}
			if a.IsValid() && a.Kind() == reflect.String && hasMark(a.String()) {
				a = reflect.ValueOf(strip(a.String()))
			}
			args[i] = a
		}
		return call(name, args)
	}
}

func indexed(item reflect.Value, path []reflect.Value, name string) (any, error) {
	args := []reflect.Value{item}
	for _, p := range path {
		if p.IsValid() && p.Kind() == reflect.Interface && !p.IsNil() {
			p = p.Elem()
		}
		if p.IsValid() && p.Kind() == reflect.String {
			p = reflect.ValueOf(strip(p.String()))
		}
		args = append(args, p)
	}
	return call(name, args)
}

// call has text/template itself apply a builtin, since it exports none.
func call(name string, args []reflect.Value) (any, error) {
	var got any
	data := make([]any, len(args))
	var b strings.Builder
	b.WriteString("{{got (" + name)
	for i, a := range args {
		if a.IsValid() {
			data[i] = a.Interface()
		}
		fmt.Fprintf(&b, " (index $ %d)", i)
	}
	b.WriteString(")}}")
	t, err := template.New("").Funcs(template.FuncMap{"got": func(v any) string { got = v; return "" }}).Parse(b.String())
	if err != nil {
		return nil, err
	}
	if err := t.Execute(&strings.Builder{}, data); err != nil {
		var e template.ExecError
		if errors.As(err, &e) && errors.Unwrap(e.Err) != nil {
			return nil, errors.Unwrap(e.Err)
		}
		return nil, err
	}
	return got, nil
}

var stringType = reflect.TypeFor[string]()

// wrap strips a function's string arguments, and with deep all its arguments,
// of marks; if it makes a string of a string, the marks go along.
func wrap(fn any, deep bool) any {
	switch f := fn.(type) {
	case func(string) string:
		return func(s string) string {
			if !hasMark(s) {
				return f(s)
			}
			return carry(s, f(strip(s)))
		}
	case func(any) string: // the encoders
		return func(v any) string { return f(deepStrip(v)) }
	}
	rv := reflect.ValueOf(fn)
	rt := rv.Type()
	return reflect.MakeFunc(rt, func(args []reflect.Value) []reflect.Value {
		from := ""
		for i, a := range args {
			args[i] = stripValue(a, deep, &from)
		}
		var out []reflect.Value
		if rt.IsVariadic() {
			out = rv.CallSlice(args)
		} else {
			out = rv.Call(args)
		}
		if from != "" && len(out) > 0 && out[0].Type() == stringType {
			out[0] = reflect.ValueOf(carry(from, out[0].String()))
		}
		return out
	}).Interface()
}

func stripValue(a reflect.Value, deep bool, from *string) reflect.Value {
	switch {
	case a.Type() == stringType:
		if s := a.String(); hasMark(s) {
			*from = s
			return reflect.ValueOf(strip(s))
		}
	case a.Kind() == reflect.Interface && !a.IsNil():
		if s, ok := a.Interface().(string); ok && deep {
			if hasMark(s) {
				*from = s
				v := reflect.New(a.Type()).Elem()
				v.Set(reflect.ValueOf(strip(s)))
				return v
			}
		} else if deep {
			if d := deepStrip(a.Interface()); d != nil {
				v := reflect.New(a.Type()).Elem()
				v.Set(reflect.ValueOf(d))
				return v
			}
		}
	case a.Kind() == reflect.Slice && a.Type().Elem().Kind() == reflect.String && a.Type() == reflect.TypeFor[[]string]():
		return reflect.ValueOf(deepStrip(a.Interface()))
	case a.Kind() == reflect.Slice && a.Type() == reflect.TypeFor[[]any]() && deep:
		return reflect.ValueOf(deepStrip(a.Interface()))
	case a.Kind() == reflect.Map && a.Type() == reflect.TypeFor[map[string]any]() && deep:
		return reflect.ValueOf(deepStrip(a.Interface()))
	}
	return a
}

// deepStrip copies what holds marks without them; what holds none is returned
// as it is.
func deepStrip(v any) any {
	switch v := v.(type) {
	case chartutil.Values:
		return deepStrip(map[string]any(v))
	case string:
		return strip(v)
	case []string:
		for i, s := range v {
			if hasMark(s) {
				out := append([]string(nil), v...)
				for ; i < len(out); i++ {
					out[i] = strip(out[i])
				}
				return out
			}
		}
	case []any:
		for i, item := range v {
			if d := deepStrip(item); !same(d, item) {
				out := append([]any(nil), v...)
				for ; i < len(out); i++ {
					out[i] = deepStrip(out[i])
				}
				return out
			}
		}
	case map[string]any:
		for _, item := range v {
			if d := deepStrip(item); !same(d, item) {
				out := make(map[string]any, len(v))
				for k, item := range v {
					out[k] = deepStrip(item)
				}
				return out
			}
		}
	}
	return v
}

// same reports whether deepStrip returned what it was given.
func same(a, b any) bool {
	switch a := a.(type) {
	case string:
		return len(a) == len(b.(string))
	case []string, []any, map[string]any, chartutil.Values:
		return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
	}
	return true
}

func deepStripAll(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = deepStrip(a)
	}
	return out
}

// carry puts the marks of a text into what a function made of it: where they
// were if the result is a part of the text, at the ends of the lines if it has
// as many, and else at its end, before a closing quote.
func carry(from, made string) string {
	text := strip(from)
	if made == text {
		return from
	}
	if made == "" {
		return ""
	}
	if i := strings.Index(text, made); i >= 0 {
		return cut(from, i, i+len(made))
	}
	if n := strings.Count(text, "\n"); n > 0 && n == strings.Count(made, "\n") {
		var b strings.Builder
		lines := strings.Split(from, "\n")
		for i, l := range strings.Split(made, "\n") {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(l + marksOf(lines[i]))
		}
		return b.String()
	}
	marks := marksOf(from)
	if len(marks) > 16*markLen {
		return made // a digest of a whole file: none of its lines made this
	}
	if c := made[len(made)-1]; len(made) > 1 && (c == '"' || c == '\'') && made[0] == c {
		return made[:len(made)-1] + marks + made[len(made)-1:]
	}
	return made + marks
}

// cut is strip(from)[lo:hi] with the marks that stand in it or just behind it.
func cut(from string, lo, hi int) string {
	var b strings.Builder
	at := 0 // offset in the stripped text
	for from != "" {
		i := nextMark(from)
		if i < 0 {
			i = len(from)
		}
		a, z := max(lo-at, 0), min(hi-at, i)
		if a < z {
			b.WriteString(from[a:z])
		}
		at += i
		from = from[i:]
		if from != "" {
			if at > lo {
				b.WriteString(from[:min(markLen, len(from))])
			}
			from = from[min(markLen, len(from)):]
		}
	}
	return b.String()
}

// tracedYAML is toYaml for values that are traced: the text of the unmarked
// value, with a mark at the end of each line that holds a scalar of the values.
func (t *tracedValues) tracedYAML(encode func(any) string) func(any) string {
	return func(v any) string {
		text := encode(deepStrip(v))
		if text == "" {
			return ""
		}
		if s, ok := v.(string); ok {
			return carry(s, text)
		}
		marks := map[int]string{}
		root := yamlRoot(text)
		if root == nil {
			return text
		}
		path, known := t.holder(v)
		t.markLines(v, root, path, known, marks)
		if len(marks) == 0 {
			return text
		}
		lines := strings.Split(text, "\n")
		for n, m := range marks {
			if n >= 1 && n <= len(lines) {
				lines[n-1] += m
			}
		}
		return strings.Join(lines, "\n")
	}
}
