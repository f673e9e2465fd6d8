package secret

import (
	"crypto/sha256"
	"sync"
)

// known keeps what was found in texts that were seen before: repositories hold
// copies of files, and targets render the same objects. It is keyed by a strong
// hash, since a collision would hide a leak, and lives as long as the run.
type known struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte][]found
	// clean lives longer; may be nil. It knows no text that holds a secret.
	clean Clean
}

// maxKnown bounds the texts that are remembered; an entry takes about 60
// bytes, and almost none has matches.
const maxKnown = 1 << 18

// matches is the engine's, once for each distinct text.
func (a *Analyzer) matches(text string) []found {
	key := sha256.Sum256([]byte(text))
	a.known.mu.Lock()
	fs, ok := a.known.seen[key]
	a.known.mu.Unlock()
	if ok || a.known.clean != nil && a.known.clean.Has(key) {
		return fs
	}
	if fs = a.engine.matches(text); len(fs) == 0 && a.known.clean != nil {
		a.known.clean.Add(key)
	}
	a.known.mu.Lock()
	defer a.known.mu.Unlock()
	if a.known.seen == nil || len(a.known.seen) >= maxKnown {
		a.known.seen = map[[sha256.Size]byte][]found{}
	}
	a.known.seen[key] = fs
	return fs
}
