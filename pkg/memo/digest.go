package memo

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"reflect"
	"slices"
)

// Digest stands for values: what they hold by whatever pointers, exported or
// not. Equal values have one digest, in this and any other process.
func Digest(values ...any) string {
	d := digester{h: sha256.New()}
	for _, v := range values {
		d.value(reflect.ValueOf(&v).Elem(), 0)
	}
	return hex.EncodeToString(d.h.Sum(nil))
}

type digester struct{ h hash.Hash }

// maxNesting is deeper than any value that is not a ring.
const maxNesting = 1_000

func (d *digester) value(v reflect.Value, depth int) {
	if depth > maxNesting {
		panic("memo: a value that leads to itself has no digest")
	}
	if !v.IsValid() {
		d.number(0)
		return
	}
	d.number(uint64(v.Kind()))
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			d.number(0)
			return
		}
		d.number(1)
		if v.Kind() == reflect.Interface {
			d.text(v.Elem().Type().String())
		}
		d.value(v.Elem(), depth+1)
	case reflect.Struct:
		d.text(v.Type().String())
		for i := range v.NumField() {
			d.value(v.Field(i), depth+1)
		}
	case reflect.Map:
		d.number(uint64(v.Len()))
		var pairs [][]byte
		for k, e := range v.Seq2() {
			pair := digester{h: sha256.New()}
			pair.value(k, depth+1)
			pair.value(e, depth+1)
			pairs = append(pairs, pair.h.Sum(nil))
		}
		slices.SortFunc(pairs, bytes.Compare)
		for _, p := range pairs {
			d.h.Write(p)
		}
	case reflect.Slice, reflect.Array:
		d.number(uint64(v.Len()))
		for i := range v.Len() {
			d.value(v.Index(i), depth+1)
		}
	case reflect.String:
		d.text(v.String())
	case reflect.Bool:
		n := uint64(0)
		if v.Bool() {
			n = 1
		}
		d.number(n)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.number(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.number(v.Uint())
	case reflect.Float32, reflect.Float64:
		d.number(math.Float64bits(v.Float()))
	default:
		panic(fmt.Sprintf("memo: a %s has no digest", v.Type()))
	}
}

func (d *digester) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	d.h.Write(b[:])
}

func (d *digester) text(s string) {
	d.number(uint64(len(s)))
	d.h.Write([]byte(s))
}
