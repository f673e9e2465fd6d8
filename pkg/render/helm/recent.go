package helm

import (
	"container/list"
	"sync"
)

// recent keeps what was used last, up to a number of bytes, so that charts
// that stand beside each other share what they have in common and a repository
// of any size fits into memory. Safe for concurrent use.
type recent[K comparable, V any] struct {
	max int // bytes

	mu    sync.Mutex
	size  int
	items map[K]*list.Element // of *kept[K, V]
	order *list.List          // used last first
}

type kept[K comparable, V any] struct {
	key   K
	value V
	size  int
}

func newRecent[K comparable, V any](maxBytes int) *recent[K, V] {
	return &recent[K, V]{max: maxBytes, items: map[K]*list.Element{}, order: list.New()}
}

// get returns the value of k, made and added if it is not there. make is
// called under the lock, so it must be cheap.
func (r *recent[K, V]) get(k K, make func() (V, int)) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.items[k]; ok {
		r.order.MoveToFront(e)
		return e.Value.(*kept[K, V]).value
	}
	v, size := make()
	r.items[k] = r.order.PushFront(&kept[K, V]{k, v, size})
	r.grow(size)
	return v
}

// find returns the value of k, if it is there.
func (r *recent[K, V]) find(k K) (v V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.items[k]
	if !ok {
		return v, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*kept[K, V]).value, true
}

// resize says how large the value of k has become.
func (r *recent[K, V]) resize(k K, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.items[k]; ok {
		it := e.Value.(*kept[K, V])
		by := size - it.size
		it.size = size
		r.order.MoveToFront(e)
		r.grow(by)
	}
}

// grow accounts for n more bytes; what was used longest ago makes room, but
// never what was used last.
func (r *recent[K, V]) grow(n int) {
	r.size += n
	for r.size > r.max && r.order.Len() > 1 {
		e := r.order.Back()
		it := e.Value.(*kept[K, V])
		r.order.Remove(e)
		delete(r.items, it.key)
		r.size -= it.size
	}
}
