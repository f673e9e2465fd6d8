// Package dependency gets what a repository names by its address: charts that
// charts and kustomizations depend on, remote bases and files. From the cache,
// and, where the operator allows the network, from the HTTP repository or OCI
// registry that Chart.yaml names. What it gives is an archive's bytes; nothing
// is unpacked here, and nothing is written but the cache. Credentials go only
// to the repository that the operator's Helm or Docker configuration has them
// for.
package dependency

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/render"
)

// Limits of what a server sends, in bytes.
const (
	maxArchive = 100 << 20
	maxIndex   = 100 << 20
)

// space is the cache's space of names for charts.
const space = "chart"

// Source implements render.Remote. Safe for concurrent use.
type Source struct {
	Cache  *cache.Store
	Policy network.Policy
	// Credentials of the operator.
	Credentials Credentials
	// Fresh asks the servers even for what is cached.
	Fresh bool

	once    sync.Once
	client  *network.Client
	err     error
	mu      sync.Mutex
	indexes map[string]*indexOnce
}

func (s *Source) init() error {
	s.once.Do(func() {
		s.client, s.err = s.Policy.Client()
		s.indexes = map[string]*indexOnce{}
	})
	return s.err
}

// Cached reports whether the chart can be had without the network.
func (s *Source) Cached(ref render.ChartRef) (bool, error) {
	ref, err := s.named(ref)
	if err != nil {
		return false, err
	}
	_, ok, err := s.Cache.Get(space, entryName(ref), maxArchive)
	return ok, err
}

// Chart implements render.Charts.
func (s *Source) Chart(ctx context.Context, ref render.ChartRef) ([]byte, error) {
	if err := s.init(); err != nil {
		return nil, err
	}
	ref, err := s.named(ref)
	if err != nil {
		return nil, err
	}
	if !s.Fresh || !s.Policy.Allow {
		data, ok, err := s.Cache.Get(space, entryName(ref), maxArchive)
		if err != nil || ok {
			return data, err
		}
	}
	var data []byte
	if ref.OCI() {
		data, err = s.pull(ctx, ref)
	} else {
		data, err = s.download(ctx, ref)
	}
	if err != nil {
		return nil, fault(ref, err)
	}
	return data, s.Cache.Put(space, entryName(ref), data)
}

// entryName is a chart's name in the cache. A range stands for what it was resolved to.
func entryName(ref render.ChartRef) string {
	return strings.TrimSuffix(ref.Repository, "/") + "\n" + ref.Name + "\n" + ref.Version
}

// fault says how to get a chart that was not to be had.
func fault(ref render.ChartRef, err error) error {
	return refusal("dependency "+ref.String(), "neither in charts/ nor in the cache", "", err)
}

// refusal is the fault of an error. where says where what was looked for; hint
// stands before the command that fetches it.
func refusal(what, where, hint string, err error) error {
	f := &render.Fault{Msg: fmt.Sprintf("%s is not at hand: %s", what, strings.ReplaceAll(err.Error(), "\n", "; ")), Err: err}
	var refused *network.Refused
	if errors.As(err, &refused) {
		f.Msg = fmt.Sprintf("%s is %s: %s is not reached: %s", what, where, refused.Host, refused.Why)
		if refused.From != "" {
			f.Msg = fmt.Sprintf("%s is not at hand: %s redirects to %s, which is not reached: %s", what, refused.From, refused.Host, refused.Why)
		}
		f.Hint = hint + "kustoms deps"
		if refused.Flags != "" {
			f.Hint += " " + flags(refused.Flags)
		}
	}
	return f
}

// flags of a command that is to reach a host.
func flags(f string) string {
	if strings.Contains(f, "--allow-network") {
		return f
	}
	return "--allow-network " + f
}

// named puts the address in the place of a name of the operator's Helm
// configuration.
func (s *Source) named(ref render.ChartRef) (render.ChartRef, error) {
	alias, ok := strings.CutPrefix(ref.Repository, "@")
	if !ok {
		alias, ok = strings.CutPrefix(ref.Repository, "alias:")
	}
	if ok {
		for _, r := range s.Credentials.Repositories {
			if r.Name == alias {
				ref.Repository = r.URL
				return ref, nil
			}
		}
		return ref, &render.Fault{
			Msg:  fmt.Sprintf("dependency %s: no repository is named %q in the Helm configuration", ref, alias),
			Hint: "helm repo add " + alias + " URL",
		}
	}
	u, err := url.Parse(ref.Repository)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "oci" {
		return ref, &render.Fault{
			Msg:  fmt.Sprintf("dependency %q: %q is not the address of a repository", ref.Name, ref.Repository),
			Hint: "write https://…, oci://…, file://… or @name, without a user and password",
		}
	}
	return ref, nil
}

// download gets a chart of an HTTP repository.
func (s *Source) download(ctx context.Context, ref render.ChartRef) ([]byte, error) {
	base := strings.TrimSuffix(ref.Repository, "/") + "/"
	index, err := s.index(ctx, base)
	if err != nil {
		return nil, err
	}
	e, err := index.choose(ref)
	if err != nil {
		return nil, err
	}
	if len(e.URLs) == 0 {
		return nil, fmt.Errorf("%sindex.yaml gives no address for version %s", base, e.Version)
	}
	root, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	at, err := root.Parse(e.URLs[0])
	if err != nil {
		return nil, fmt.Errorf("%sindex.yaml: %q is not an address", base, e.URLs[0])
	}
	if at.Scheme == "oci" {
		return s.pull(ctx, render.ChartRef{Name: ref.Name, Version: e.Version, Pinned: true, Repository: strings.TrimSuffix(strings.TrimSuffix(at.String(), ":"+e.Version), "/"+ref.Name)})
	}
	data, err := s.get(ctx, at.String(), maxArchive, base)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	if want := strings.TrimPrefix(e.Digest, "sha256:"); want != "" && want != hex.EncodeToString(sum[:]) {
		return nil, fmt.Errorf("%s: its SHA-256 is %x, but index.yaml says %s: the archive is damaged or was replaced", at.Redacted(), sum, want)
	}
	return data, nil
}

// get reads an address; repository is the one whose credentials may be used.
func (s *Source) get(ctx context.Context, address string, limit int64, repository string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if r, ok := s.Credentials.forURL(repository, req.URL); ok && r.Username != "" {
		req.SetBasicAuth(r.Username, r.Password)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		why := ""
		if res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden {
			why = ": log in with helm repo add --username"
		}
		return nil, fmt.Errorf("%s answers %s%s", req.URL.Redacted(), res.Status, why)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", req.URL.Redacted(), err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: %w (limit %d MB)", req.URL.Redacted(), network.ErrTooLarge, limit>>20)
	}
	return data, nil
}

// pick finds the version that the reference asks for among those there are: the
// newest that fits a range, as Helm does.
func pick(ref render.ChartRef, versions []string) (string, error) {
	want := ref.Version
	for _, v := range versions {
		if v == want {
			return v, nil
		}
	}
	if ref.Pinned {
		return "", fmt.Errorf("version %s, which the lock file names, is not there", want)
	}
	if want == "" {
		want = "*"
	}
	c, err := semver.NewConstraint(want)
	if err != nil {
		return "", fmt.Errorf("version %q is neither a version nor a range: %v", ref.Version, err)
	}
	var best *semver.Version
	for _, s := range versions {
		v, err := semver.NewVersion(s)
		if err == nil && c.Check(v) && (best == nil || v.GreaterThan(best)) {
			best = v
		}
	}
	if best == nil {
		return "", fmt.Errorf("none of its %d versions fits %q", len(versions), want)
	}
	return best.Original(), nil
}
