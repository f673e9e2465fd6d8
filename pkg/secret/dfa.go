package secret

import (
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// dfa runs a regular expression over bytes, building its states as it meets
// them. It takes every assertion for true and a byte of 0x80 or more for any
// part of any rune, so it never misses a match, and may see some that are
// none: it decides where the real expression is worth its cost. Not safe for
// concurrent use.
type dfa struct {
	prog *syntax.Prog
	step [][]uint32 // per byte class: which instructions take it
	high []bool     // instructions that take runes past ASCII

	class  [256]uint8
	width  int
	ids    map[string]int32
	sets   [][]uint32 // state → instructions, sorted
	accept []bool
	// next leads from a row and a class of bytes to the row of the state after
	// it: its number times width, with ends if a match may end there; unknown
	// if negative.
	next  []int32
	marks []uint32
	mark  uint32
}

// maxStates bounds the memory of one dfa. Past it the states are forgotten.
const maxStates = 4000

const (
	unknown = -1
	initial = 0
	ends    = 1 << 30
)

func newDFA(re *syntax.Regexp) (*dfa, error) {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	d := &dfa{prog: prog, high: make([]bool, len(prog.Inst)), marks: make([]uint32, len(prog.Inst))}
	// Bytes that the same instructions take are one class.
	takes := make([][]byte, 256)
	for pc := range prog.Inst {
		in := &prog.Inst[pc]
		switch in.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		default:
			continue
		}
		for c := range utf8.RuneSelf {
			if in.MatchRune(rune(c)) {
				takes[c] = append(takes[c], byte(pc), byte(pc>>8), byte(pc>>16))
			}
		}
		d.high[pc] = pastASCII(in)
	}
	classes := map[string]int{}
	for c := range 256 {
		key := string(takes[c])
		if c >= utf8.RuneSelf {
			key = "high"
		}
		id, ok := classes[key]
		if !ok {
			id = len(classes)
			classes[key] = id
			var pcs []uint32
			for i := 0; i+2 < len(takes[c]); i += 3 {
				pcs = append(pcs, uint32(takes[c][i])|uint32(takes[c][i+1])<<8|uint32(takes[c][i+2])<<16)
			}
			d.step = append(d.step, pcs)
		}
		d.class[c] = uint8(id)
	}
	d.width = len(classes)
	d.reset()
	return d, nil
}

// pastASCII reports whether an instruction takes a rune over 0x7f.
func pastASCII(in *syntax.Inst) bool {
	if in.Op == syntax.InstRuneAny || in.Op == syntax.InstRuneAnyNotNL {
		return true
	}
	if len(in.Rune) > 1 {
		return in.Rune[len(in.Rune)-1] >= utf8.RuneSelf
	}
	r := in.Rune[0]
	if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if f >= utf8.RuneSelf {
				return true
			}
		}
	}
	return r >= utf8.RuneSelf
}

func (d *dfa) reset() {
	d.ids = map[string]int32{}
	d.sets, d.accept, d.next = d.sets[:0], d.accept[:0], d.next[:0]
	d.mark++
	d.state("", d.closure(nil, uint32(d.prog.Start)))
}

// closure adds what pc reaches without a byte to set. The caller starts a new
// mark for a new set.
func (d *dfa) closure(set []uint32, pc uint32) []uint32 {
	if d.marks[pc] == d.mark {
		return set
	}
	d.marks[pc] = d.mark
	switch in := &d.prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		set = d.closure(set, in.Out)
		return d.closure(set, in.Arg)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		return d.closure(set, in.Out)
	case syntax.InstFail:
		return set
	}
	return append(set, pc)
}

// key names a set of instructions, which it sorts.
func key(set []uint32) string {
	slices.Sort(set)
	key := make([]byte, 0, 3*len(set))
	for _, pc := range set {
		key = append(key, byte(pc), byte(pc>>8), byte(pc>>16))
	}
	return string(key)
}

// state numbers a set of instructions. The initial one has no key: where a
// match under way is at the same instructions as one that starts, the set is
// equal and the state is not.
func (d *dfa) state(key string, set []uint32) int32 {
	if id, ok := d.ids[key]; ok {
		return id
	}
	id := int32(len(d.sets))
	d.ids[key] = id
	d.sets = append(d.sets, set)
	d.accept = append(d.accept, slices.ContainsFunc(set, func(pc uint32) bool { return d.prog.Inst[pc].Op == syntax.InstMatch }))
	for range d.width {
		d.next = append(d.next, unknown)
	}
	return id
}

// grow finds what next says of a row and a class; unknown if there are too many
// states.
func (d *dfa) grow(row int32, c uint8) int32 {
	if len(d.sets) >= maxStates {
		return unknown
	}
	from := row / int32(d.width)
	d.mark++
	var set []uint32
	takers := d.step[c]
	high := c == d.class[utf8.RuneSelf]
	for _, pc := range d.sets[from] {
		if high {
			if d.high[pc] { // a part of a rune, or its end
				set = d.closure(d.closure(set, pc), d.prog.Inst[pc].Out)
			}
		} else if _, ok := slices.BinarySearch(takers, pc); ok {
			set = d.closure(set, d.prog.Inst[pc].Out)
		}
	}
	to := int32(initial)
	if len(set) > 0 {
		set = d.closure(set, uint32(d.prog.Start)) // a match may start at each byte
		to = d.state(key(set), set)
	}
	n := to * int32(d.width)
	if d.accept[to] {
		n |= ends
	}
	d.next[int(row)+int(c)] = n
	return n
}

// spans calls yield with stretches of text[from:to] that hold every match, in
// order and apart: no match reaches from one into another, or out of one. It is
// false if there were too many states to know.
//
// A stretch starts where no match is under way, that is in the initial state,
// and ends at the last place where one may end before that is so again.
func (d *dfa) spans(text string, from, to int, yield func(from, to int)) bool {
	row, start, end := int32(initial), from, -1
	if d.accept[initial] {
		end = from
	}
	next := d.next
	for i := from; i < to; i++ {
		c := d.class[text[i]]
		n := next[int(row)+int(c)]
		if n < 0 {
			if n = d.grow(row, c); n < 0 {
				d.reset()
				return false
			}
			next = d.next
		}
		row = n &^ ends
		switch {
		case n == initial:
			if end >= 0 {
				yield(start, end)
				end = -1
			}
			start = i + 1
		case n != row:
			end = i + 1
		}
	}
	if end >= 0 {
		yield(start, end)
	}
	return true
}
