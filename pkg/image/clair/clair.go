// Package clair has a Clair v4 look images up, over its HTTP interface
// (https://quay.github.io/clair/reference/api.html). Clair pulls the layers by
// itself, from where this run found them.
package clair

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/service"
)

// Options assemble a Scanner.
type Options struct {
	Service  service.Client
	Registry *registry.Reader
	// Cache remembers what Clair has indexed; nil asks each time.
	Cache *cache.Store
	// MaxAge is how old Clair's newest advisories may be; 0 takes any.
	MaxAge time.Duration
	Now    func() time.Time
	// Timeout bounds one image, Clair's own download included. 0 is 10 minutes.
	Timeout time.Duration
	// Patience is how long to wait for a Clair whose updaters have not run
	// yet, asked every Poll. 0 is a minute and 5 seconds.
	Patience, Poll time.Duration
}

const (
	indexer    = "/indexer/api/v1/"
	matcher    = "/matcher/api/v1/"
	cacheSpace = "clair-index"
	tokenLife  = 5 * time.Minute
)

// Scanner is the engine.
type Scanner struct{ o Options }

// New makes the engine.
func New(o Options) *Scanner {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Minute
	}
	if o.Patience <= 0 {
		o.Patience = time.Minute
	}
	if o.Poll <= 0 {
		o.Poll = 5 * time.Second
	}
	o.Service.Engine = "Clair"
	return &Scanner{o}
}

var _ image.Scanner = (*Scanner)(nil)

// Authorize signs each request as Clair's pre-shared key authentication wants
// it: a JWT of HS256 with issuer and dates. key is in base64, as in Clair's
// configuration; "" adds nothing.
func Authorize(key, issuer string, now func() time.Time) (func(*http.Request) error, error) {
	if key == "" {
		return nil, nil
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	if err != nil || len(secret) == 0 {
		return nil, errors.New("the pre-shared key is not in base64") // the error would show a part of it
	}
	return func(r *http.Request) error {
		at := now()
		claims, err := json.Marshal(map[string]any{"iss": issuer, "iat": at.Unix(), "exp": at.Add(tokenLife).Unix()})
		if err != nil {
			return err
		}
		enc := base64.RawURLEncoding.EncodeToString
		token := enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc(claims)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(token))
		r.Header.Set("Authorization", "Bearer "+token+"."+enc(mac.Sum(nil)))
		return nil
	}, nil
}

// Scan has Clair index the image and report on it.
func (s *Scanner) Scan(ctx context.Context, ref string) (*image.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.Timeout, fmt.Errorf("looking the image up took longer than %s", s.o.Timeout))
	defer cancel()
	res, err := s.scan(ctx, ref)
	var own *image.EngineError // which says more
	if err != nil && ctx.Err() != nil && !errors.As(err, &own) {
		err = context.Cause(ctx)
	}
	return res, err
}

func (s *Scanner) scan(ctx context.Context, ref string) (*image.Result, error) {
	img, err := s.o.Registry.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	var state struct{ State string }
	if _, err := s.o.Service.Call(ctx, http.MethodGet, indexer+"index_state", nil, &state); err != nil {
		return nil, err
	}
	from, gap, err := s.age(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.index(ctx, img, state.State); err != nil {
		return nil, err
	}
	rep, err := s.report(ctx, img.ID.Digest)
	if err != nil {
		return nil, err
	}
	res, err := rep.result(img)
	if err != nil {
		return nil, s.o.Service.Fail("its report makes no sense", "", err)
	}
	if gap != nil {
		res.Gaps = append(res.Gaps, *gap)
	}
	res.DataFrom = from
	return res, nil
}

// age is when Clair last took advisories in. The interface is one that Clair
// calls internal, so that not every one answers it.
func (s *Scanner) age(ctx context.Context) (from time.Time, gap *image.Gap, err error) {
	var updates map[string][]struct{ Date time.Time }
	a, err := s.o.Service.Call(ctx, http.MethodGet, matcher+"internal/update_operation?latest=true", nil, &updates, http.StatusNotFound, http.StatusForbidden, http.StatusMethodNotAllowed)
	if err != nil {
		return from, nil, err
	}
	if a.Status != http.StatusOK {
		return from, &image.Gap{What: "the age of Clair's advisories", Why: "this Clair does not tell it", Hint: "watch Clair's updaters", Known: true}, nil
	}
	for _, ops := range updates {
		for _, op := range ops {
			if op.Date.After(from) {
				from = op.Date
			}
		}
	}
	if s.o.MaxAge > 0 && s.o.Now != nil && !from.IsZero() && s.o.Now().Sub(from) > s.o.MaxAge {
		return from, nil, s.o.Service.Fail(fmt.Sprintf("its newest advisories are of %s, older than %s", from.UTC().Format(time.DateOnly), s.o.MaxAge), "see why its updaters do not run, or take older data with --db-max-age", nil)
	}
	return from, nil, nil // none at all: its report answers "not ready"
}

type layer struct {
	Hash    string              `json:"hash"`
	URI     string              `json:"uri"`
	Headers map[string][]string `json:"headers"`
}

// index has Clair read the layers, unless it did with the indexers that it has
// now. A state of "" is none to compare with.
func (s *Scanner) index(ctx context.Context, img *registry.Image, state string) error {
	name := s.o.Service.Base.String() + " " + img.ID.Digest
	if was, ok, _ := s.o.Cache.Get(cacheSpace, name, 1<<10); ok && state != "" && string(was) == state {
		var rep indexReport
		a, err := s.o.Service.Call(ctx, http.MethodGet, indexer+"index_report/"+img.ID.Digest, nil, &rep, http.StatusNotFound)
		if err != nil {
			return err
		}
		if a.Status == http.StatusOK && rep.done() {
			return nil
		}
	}
	places, err := s.o.Registry.Places(ctx, img)
	if errors.Is(err, registry.ErrNotRemote) {
		return s.o.Service.Fail("it reads images from registries by itself", "push the image, or look it up with another --image-scanner", err)
	}
	if err != nil {
		return fmt.Errorf("finding the layers: %w", err)
	}
	manifest := struct {
		Hash   string  `json:"hash"`
		Layers []layer `json:"layers"`
	}{Hash: img.ID.Digest}
	for i, p := range places {
		h := map[string][]string(p.Header)
		if h == nil {
			h = map[string][]string{}
		}
		manifest.Layers = append(manifest.Layers, layer{img.Layers[i].Digest, p.URI, h})
	}
	var rep indexReport
	a, err := s.o.Service.Call(ctx, http.MethodPost, indexer+"index_report", manifest, &rep, http.StatusPreconditionFailed)
	if err != nil {
		return err
	}
	// 412 is "this indexer has it already"; what it has is in the report.
	if a.Status != http.StatusPreconditionFailed && !rep.done() {
		return s.o.Service.Fail(fmt.Sprintf("it could not index the image: state %q, %q", rep.State, rep.Err), "check that Clair reaches the registry", nil)
	}
	if state != "" {
		_ = s.o.Cache.Put(cacheSpace, name, []byte(state)) // else it is asked again
	}
	return nil
}

type indexReport struct {
	State   string
	Success bool
	Err     string
}

func (r *indexReport) done() bool { return r.State == "IndexFinished" && r.Success && r.Err == "" }

// report waits for Clair's updaters: until they have run, Clair answers 202
// with nothing in it, which is not "nothing found".
func (s *Scanner) report(ctx context.Context, digest string) (*vulnerabilityReport, error) {
	for waited := time.Duration(0); ; waited += s.o.Poll {
		var rep vulnerabilityReport
		a, err := s.o.Service.Call(ctx, http.MethodGet, matcher+"vulnerability_report/"+digest, nil, &rep, http.StatusAccepted)
		if err != nil {
			return nil, err
		}
		if a.Status == http.StatusOK {
			if rep.Hash != digest {
				return nil, s.o.Service.Fail(fmt.Sprintf("its report is of %q, and not of %s", rep.Hash, digest), "", nil)
			}
			return &rep, nil
		}
		if waited >= s.o.Patience || service.Sleep(ctx, s.o.Poll) != nil {
			return nil, s.o.Service.Fail("it is not ready: its updaters have not run yet", "try again when they have; Clair's log tells", context.Cause(ctx))
		}
	}
}
