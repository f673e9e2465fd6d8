// Package native is the scanner that needs no service: it opens an image,
// reads the layers that no earlier image of the run (or of an earlier run)
// shared, lists the packages, and matches them with the vulnerability data.
package native

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/db"
	"github.com/kustoms-dev/kustoms/pkg/image/match"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/sbom"
)

// Options assemble a scanner.
type Options struct {
	Registry *registry.Reader
	Data     *db.Opener
	Cache    *cache.Store // nil keeps layers for the run alone
	Limits   sbom.Limits
	// Timeout bounds one image, its download included. 0 is 10 minutes.
	Timeout time.Duration
	// Jobs bounds the layers that are read at once. 0 is one a CPU.
	Jobs int
	// Unimportant keeps vulnerabilities that a distribution calls so.
	Unimportant bool
	// Known is a list of an image's packages that somebody else made, nil if
	// there is none. Its image is not read.
	Known func(*registry.Image) *image.Inventory
}

const (
	defaultTimeout = 10 * time.Minute
	keptLayers     = 128 // of a run without a cache
	tries          = 2   // of a layer whose download broke off
	maxKept        = 256 << 20
	cacheSpace     = "image-layer-" + sbom.Version
)

// Scanner is the native engine.
type Scanner struct {
	o     Options
	slots chan struct{}
	once  singleflight.Group

	mu    sync.Mutex
	kept  map[string]*sbom.Layer
	order []string
}

// New makes a scanner.
func New(o Options) *Scanner {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	return &Scanner{o: o, slots: make(chan struct{}, o.Jobs), kept: map[string]*sbom.Layer{}}
}

var _ image.Scanner = (*Scanner)(nil)

// Scan looks the image up.
func (s *Scanner) Scan(ctx context.Context, ref string) (*image.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.Timeout, fmt.Errorf("reading the image took longer than %s", s.o.Timeout))
	defer cancel()
	res, err := s.scan(ctx, ref)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return res, err
}

func (s *Scanner) scan(ctx context.Context, ref string) (*image.Result, error) {
	inv, err := s.Inventory(ctx, ref)
	if err != nil {
		return nil, err
	}
	data, err := s.o.Data.Open(ctx, match.Needed(inv.Packages))
	if err != nil {
		return nil, err
	}
	m := match.Matcher{Indexes: data.Indexes, Unimportant: s.o.Unimportant}
	found, err := m.Match(ctx, inv)
	if err != nil {
		return nil, err
	}
	for _, g := range found.Gaps {
		if !slices.Contains(inv.Gaps, g) { // a list that somebody else made has been matched before
			inv.Gaps = append(inv.Gaps, g)
		}
	}
	return &image.Result{Inventory: *inv, Engine: "native", DataFrom: data.AsOf, Vulnerabilities: found.Vulnerabilities, Hidden: found.Hidden}, nil
}

// Inventory lists what the image holds, without vulnerability data.
func (s *Scanner) Inventory(ctx context.Context, ref string) (*image.Inventory, error) {
	img, err := s.o.Registry.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	if s.o.Known != nil {
		if inv := s.o.Known(img); inv != nil {
			own := *inv
			own.Gaps, own.Layers = slices.Clone(inv.Gaps), slices.Clone(inv.Layers)
			img.Configure(&own)
			return &own, nil
		}
	}
	layers := make([]*sbom.Layer, len(img.Layers))
	g, ctx := errgroup.WithContext(ctx)
	for i := range img.Layers {
		g.Go(func() (err error) {
			layers[i], err = s.layer(ctx, img, i)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	inv := sbom.Merge(layers)
	img.ID.OS = inv.Distro.Name
	inv.Image, inv.Layers = img.ID, img.Layers
	img.Configure(inv)
	return inv, nil
}

// layer reads a layer once, whichever images share it.
func (s *Scanner) layer(ctx context.Context, img *registry.Image, i int) (*sbom.Layer, error) {
	diffID := img.Layers[i].DiffID
	if l := s.recall(diffID); l != nil {
		return l, nil
	}
	l, err, _ := s.once.Do(diffID, func() (any, error) {
		if l := s.recall(diffID); l != nil { // read while this one waited
			return l, nil
		}
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		l, err := s.read(ctx, img, i)
		if err == nil {
			s.keep(diffID, l)
		}
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("layer %d (%s): %w", i+1, img.Layers[i].Digest, err)
	}
	return l.(*sbom.Layer), nil
}

func (s *Scanner) read(ctx context.Context, img *registry.Image, i int) (l *sbom.Layer, err error) {
	for range tries {
		l, err = sbom.ReadLayer(ctx, func() (io.ReadCloser, error) { return img.Open(i) }, s.o.Limits)
		var limit *image.LimitError
		if err == nil || ctx.Err() != nil || errors.As(err, &limit) {
			break
		}
	}
	if err == nil && l.DiffID != img.Layers[i].DiffID {
		err = fmt.Errorf("its content has digest %s, and the image's configuration names %s", l.DiffID, img.Layers[i].DiffID)
	}
	return l, err
}

func (s *Scanner) recall(diffID string) *sbom.Layer {
	s.mu.Lock()
	l := s.kept[diffID]
	s.mu.Unlock()
	if l != nil || s.o.Cache == nil {
		return l
	}
	data, ok, err := s.o.Cache.Get(cacheSpace, diffID, maxKept)
	if err != nil || !ok {
		return nil
	}
	l = new(sbom.Layer)
	if json.Unmarshal(data, l) != nil || l.DiffID != diffID {
		return nil
	}
	s.remember(diffID, l)
	return l
}

func (s *Scanner) keep(diffID string, l *sbom.Layer) {
	s.remember(diffID, l)
	if s.o.Cache != nil {
		if data, err := json.Marshal(l); err == nil {
			_ = s.o.Cache.Put(cacheSpace, diffID, data) // what cannot be kept is read again
		}
	}
}

func (s *Scanner) remember(diffID string, l *sbom.Layer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[diffID] != nil {
		return
	}
	if len(s.order) >= keptLayers {
		delete(s.kept, s.order[0])
		s.order = s.order[1:]
	}
	s.kept[diffID] = l
	s.order = append(s.order, diffID)
}
