package helm

import (
	"fmt"
	"reflect"
	"strconv"

	"helm.sh/helm/v3/pkg/chartutil"
)

// leaf is one scalar of the values that templates see.
type leaf struct {
	path  string // joined with pathSep, list items by "#" and index
	value string // as fmt prints it, unmarked
}

// pathSep parts the steps of a values path; it can be in no key that YAML
// accepts in plain text.
const pathSep = "\x1f"

// traced values are a copy of a chart's values whose strings carry marks, and
// whose maps and lists are known by identity, so that what a template was
// given can be told from where it got it.
type tracedValues struct {
	leaves  []leaf
	numbers map[string]int     // path → index in leaves, for scalars that are no strings
	holders map[uintptr]string // map or list → its path
	kept    []reflect.Value    // what holders speak of
}

// taint copies the values tree with marks.
func taint(vals chartutil.Values) (chartutil.Values, *tracedValues) {
	t := &tracedValues{numbers: map[string]int{}, holders: map[uintptr]string{}}
	return t.table(vals, ""), t
}

func (t *tracedValues) table(m map[string]any, path string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = t.value(v, join(path, k))
	}
	t.holders[reflect.ValueOf(out).Pointer()] = path
	return out
}

func join(path, step string) string {
	if path == "" {
		return step
	}
	return path + pathSep + step
}

func (t *tracedValues) value(v any, path string) any {
	switch v := v.(type) {
	case map[string]any:
		return t.table(v, path)
	case chartutil.Values:
		return chartutil.Values(t.table(v, path))
	case []any:
		out := make([]any, len(v), max(len(v), 1)) // an empty list needs an address of its own, too
		for i, item := range v {
			out[i] = t.value(item, join(path, "#"+strconv.Itoa(i)))
		}
		t.holders[reflect.ValueOf(out).Pointer()] = path
		return out
	case string:
		if v == "" || len(t.leaves) >= valuesFiles*markMax || hasMark(v) {
			return v
		}
		t.leaves = append(t.leaves, leaf{path, v})
		return v + valueMark(len(t.leaves)-1)
	case nil:
		return nil
	default:
		if len(t.leaves) < valuesFiles*markMax {
			t.leaves = append(t.leaves, leaf{path, fmt.Sprint(v)})
			t.numbers[path] = len(t.leaves) - 1
		}
		return v
	}
}

func valueMark(i int) string { return mark(i/markMax, i%markMax) }

// leafOf is the value that a mark stands for, nil if it is no value's.
func (t *tracedValues) leafOf(file, site int) *leaf {
	if file >= valuesFiles || file*markMax+site >= len(t.leaves) {
		return nil
	}
	return &t.leaves[file*markMax+site]
}

// holder is the path of a map or list of the values; ok is false for others.
func (t *tracedValues) holder(v any) (path string, ok bool) {
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Map, reflect.Slice:
		path, ok = t.holders[rv.Pointer()]
	}
	return path, ok
}

// probe is the function behind markFunc: the mark of a number or boolean that
// the holder has at a key or index.
func (t *tracedValues) probe(key, holder any) string {
	path, ok := t.holder(holder)
	if !ok {
		return ""
	}
	step := fmt.Sprint(key)
	if _, isIndex := key.(int); isIndex {
		step = "#" + step
	}
	if i, ok := t.numbers[join(path, step)]; ok {
		return valueMark(i)
	}
	return ""
}

// partOf wraps a function that copies a map, or some of its entries: the copy
// stands for the path of the original.
func (t *tracedValues) partOf(fn any) any {
	rv := reflect.ValueOf(fn)
	return reflect.MakeFunc(rv.Type(), func(args []reflect.Value) []reflect.Value {
		path, ok := "", false
		if len(args) > 0 && args[0].IsValid() && args[0].CanInterface() {
			path, ok = t.holder(args[0].Interface())
		}
		var out []reflect.Value
		if rv.Type().IsVariadic() {
			out = rv.CallSlice(args)
		} else {
			out = rv.Call(args)
		}
		if ok {
			v := out[0]
			if v.Kind() == reflect.Interface {
				v = v.Elem()
			}
			if v.Kind() == reflect.Map {
				t.holders[v.Pointer()] = path
				t.kept = append(t.kept, v) // an address must not come back for another map
			}
		}
		return out
	}).Interface()
}
