package sbom

import "io"

// ahead reads on another goroutine, some blocks in advance, so that
// decompression and digest share the cores.
type ahead struct {
	full  chan block
	empty chan []byte
	stop  chan struct{}
	done  chan struct{}
	now   block
	used  int
}

type block struct {
	data []byte
	err  error
}

const (
	blockSize = 256 << 10
	blocks    = 4
)

func readAhead(r io.Reader) *ahead {
	a := &ahead{full: make(chan block, blocks), empty: make(chan []byte, blocks), stop: make(chan struct{}), done: make(chan struct{})}
	for range blocks {
		a.empty <- make([]byte, blockSize)
	}
	go a.fill(r)
	return a
}

func (a *ahead) fill(r io.Reader) {
	defer close(a.done)
	for {
		select {
		case <-a.stop:
			return
		case buf := <-a.empty:
			n, err := 0, error(nil)
			for n < blockSize && err == nil { // io.ReadFull would call the end a fault
				var k int
				k, err = r.Read(buf[n:blockSize])
				n += k
			}
			select {
			case a.full <- block{buf[:n], err}:
			case <-a.stop:
				return
			}
			if err != nil {
				return
			}
		}
	}
}

// Read takes what is there; it waits only for the first of it.
func (a *ahead) Read(p []byte) (int, error) {
	for a.used == len(a.now.data) {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.empty <- a.now.data[:blockSize]
		}
		a.now, a.used = <-a.full, 0
	}
	n := copy(p, a.now.data[a.used:])
	a.used += n
	return n, nil
}

// Close stops reading and waits until nothing reads any more.
func (a *ahead) Close() {
	close(a.stop)
	<-a.done
}
