package helm

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

// maxProduct is how many bytes a function may make of two arguments that
// multiply, where only running it would tell.
const maxProduct = 256 << 20

// widths are the numbers in a format.
var widths = regexp.MustCompile(`%[^a-zA-Z%]*`)

// encoders read all of an argument, however deep.
var encoders = map[string]bool{
	"print": true, "println": true, "printf": true, "html": true, "js": true, "urlquery": true,
	"quote": true, "squote": true, "cat": true, "join": true, "toString": true, "toStrings": true,
	"toYaml": true, "toYamlPretty": true, "toJson": true, "toPrettyJson": true, "toRawJson": true, "toToml": true,
	"mustToJson": true, "mustToPrettyJson": true, "mustToRawJson": true,
	"deepCopy": true, "mustDeepCopy": true, "deepEqual": true,
	"merge": true, "mergeOverwrite": true, "mustMerge": true, "mustMergeOverwrite": true,
}

// multiply gives how many bytes a function may make, by its arguments.
var multiply = map[string]func(args []reflect.Value) int{
	"join": func(a []reflect.Value) int {
		if l := plainValue(a[1]); l.IsValid() && (l.Kind() == reflect.Slice || l.Kind() == reflect.Array) {
			return product(length(a[0]), l.Len())
		}
		return 0
	},
	"replace": func(a []reflect.Value) int {
		return product(length(a[1]), strings.Count(a[2].String(), a[0].String()))
	},
	"wrapWith":                   func(a []reflect.Value) int { return product(length(a[1]), length(a[2])) },
	"regexReplaceAll":            func(a []reflect.Value) int { return product(length(a[1]), length(a[2])) / (maxProduct / maxRepeat) },
	"regexReplaceAllLiteral":     func(a []reflect.Value) int { return product(length(a[1]), length(a[2])) / (maxProduct / maxRepeat) },
	"mustRegexReplaceAll":        func(a []reflect.Value) int { return product(length(a[1]), length(a[2])) / (maxProduct / maxRepeat) },
	"mustRegexReplaceAllLiteral": func(a []reflect.Value) int { return product(length(a[1]), length(a[2])) / (maxProduct / maxRepeat) },
	"printf": func(a []reflect.Value) int {
		sum := 0
		for _, w := range widths.FindAllString(a[0].String(), -1) {
			for _, n := range strings.FieldsFunc(w, func(r rune) bool { return r < '0' || r > '9' }) {
				if v, err := strconv.Atoi(n); err != nil || v > maxRepeat {
					return maxRepeat + 1
				} else {
					sum += v
				}
			}
			if strings.Contains(w, "*") {
				for i := range a[1].Len() {
					if v := plainValue(a[1].Index(i)); v.IsValid() && v.CanInt() && (v.Int() > 1<<20 || v.Int() < -1<<20) {
						return maxRepeat + 1
					}
				}
			}
		}
		return sum
	},
}

func product(a, b int) int {
	if a > 0 && b > (1<<40)/a {
		return 1 << 40
	}
	return a * b
}

func plainValue(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		v = v.Elem()
	}
	return v
}

func length(v reflect.Value) int {
	if v = plainValue(v); v.IsValid() && v.Kind() == reflect.String {
		return v.Len()
	}
	return 0
}

// boundCalls lets no function give more than maxRepeat bytes or maxList items,
// so that neither a call nor a loop of them that double makes more than memory
// holds.
func boundCalls(f template.FuncMap) {
	f["print"], f["println"], f["printf"] = fmt.Sprint, fmt.Sprintln, fmt.Sprintf
	f["html"], f["js"], f["urlquery"] = template.HTMLEscaper, template.JSEscaper, template.URLQueryEscaper
	for name, fn := range f {
		f[name] = boundCall(name, reflect.ValueOf(fn)).Interface()
	}
}

var errorType = reflect.TypeFor[error]()

// boundCall wraps one function; what it gives is followed by an error.
func boundCall(name string, fn reflect.Value) reflect.Value {
	t := fn.Type()
	var in []reflect.Type
	for i := range t.NumIn() {
		in = append(in, t.In(i))
	}
	fails := t.NumOut() == 2
	out := t.Out(0)
	times := multiply[name]
	return reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{out, errorType}, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		refuse := func(err error) []reflect.Value {
			return []reflect.Value{reflect.Zero(out), reflect.ValueOf(&err).Elem()}
		}
		if encoders[name] {
			budget := maxRepeat
			for _, a := range args {
				if weigh(a, &budget, 0); budget < 0 {
					return refuse(limitErr("%s is given more than %d MB, or values nested more than %d deep", name, maxRepeat>>20, maxNested))
				}
			}
		}
		if times != nil && times(args) > maxRepeat {
			return refuse(limitErr("%s makes more than %d MB", name, maxRepeat>>20))
		}
		var res []reflect.Value
		if t.IsVariadic() {
			res = fn.CallSlice(args)
		} else {
			res = fn.Call(args)
		}
		if changers[name] && holds(args[1:], args[0], 0) {
			return refuse(limitErr("%s puts a value into itself", name))
		}
		switch v := plainValue(res[0]); {
		case !v.IsValid():
		case v.Kind() == reflect.String && v.Len() > maxRepeat:
			return refuse(limitErr("%s makes more than %d MB", name, maxRepeat>>20))
		case v.Kind() == reflect.Slice && v.Len() > maxList:
			return refuse(limitErr("%s makes a list of %d items", name, v.Len()))
		}
		if fails {
			return res
		}
		return []reflect.Value{res[0], reflect.Zero(errorType)}
	})
}

// weigh takes the size of v from the budget, and stops when it is spent: what
// a chart puts into itself many times is small in memory and endless in print.
func weigh(v reflect.Value, budget *int, depth int) {
	if v = plainValue(v); !v.IsValid() || *budget < 0 {
		return
	}
	if *budget--; depth > maxNested {
		*budget = -1
		return
	}
	switch v.Kind() {
	case reflect.String:
		*budget -= v.Len()
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			*budget -= v.Len()
			return
		}
		for i := 0; i < v.Len() && *budget >= 0; i++ {
			weigh(v.Index(i), budget, depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); *budget >= 0 && it.Next(); {
			weigh(it.Key(), budget, depth+1)
			weigh(it.Value(), budget, depth+1)
		}
	}
}

// maxNested bounds how deep values are nested that a function reads whole.
const maxNested = 5_000

// changers change their first argument, so that it may come to hold itself:
// what prints, compares or copies it then would not end, and nothing can stop
// what overflows its stack.
var changers = map[string]bool{"set": true, "merge": true, "mustMerge": true, "mergeOverwrite": true, "mustMergeOverwrite": true}

// holds reports whether a map is among values, or in what they hold.
func holds(values []reflect.Value, m reflect.Value, depth int) bool {
	if m = plainValue(m); m.Kind() != reflect.Map || depth > maxNested {
		return depth > maxNested
	}
	for _, v := range values {
		switch v = plainValue(v); v.Kind() {
		case reflect.Map:
			if v.Pointer() == m.Pointer() {
				return true
			}
			for it := v.MapRange(); it.Next(); {
				if holds([]reflect.Value{it.Value()}, m, depth+1) {
					return true
				}
			}
		case reflect.Slice, reflect.Array:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				continue
			}
			for i := range v.Len() {
				if holds([]reflect.Value{v.Index(i)}, m, depth+1) {
					return true
				}
			}
		}
	}
	return false
}
