package network

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Waits between two tries.
const (
	firstWait = 500 * time.Millisecond
	maxWait   = 30 * time.Second
)

// ErrTooLarge says that a response was cut at the policy's MaxBody.
var ErrTooLarge = errors.New("response is too large")

// ErrStalled says that a server kept silent for too long.
var ErrStalled = errors.New("the server stopped answering")

// transport holds each request to the rules, and repeats those that failed for
// the moment.
type transport struct {
	rules                *rules
	agent                string
	maxBody              int64
	stall                time.Duration
	retries              int
	verified, unverified http.RoundTripper
}

// admitted is the key of a request's admission in its context, for the dialer.
type admitted struct{}

// base makes a transport whose connections are checked when they are dialled.
func (t *transport) base(conf *tls.Config, proxies *httpproxy.Config) http.RoundTripper {
	through := proxies.ProxyFunc()
	return &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return through(r.URL) },
		DialContext:            dialer(proxies),
		TLSClientConfig:        conf,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  t.stall,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    8,
		MaxResponseHeaderBytes: 1 << 20,
		ForceAttemptHTTP2:      true,
	}
}

// dialer resolves and connects, and refuses addresses that the request's host
// may not have.
func dialer(proxies *httpproxy.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	ours := map[string]bool{}
	for _, p := range []string{proxies.HTTPProxy, proxies.HTTPSProxy} {
		if p != "" && !strings.Contains(p, "://") {
			p = "http://" + p
		}
		if u, err := url.Parse(p); err == nil {
			ours[net.JoinHostPort(u.Hostname(), orDefault(u.Port(), u.Scheme))] = true
		}
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		a, _ := ctx.Value(admitted{}).(admission)
		name, _ := splitPort(addr)
		_, err := netip.ParseAddr(name)
		literal := err == nil
		d := net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			if ours[addr] {
				return nil // the operator's proxy
			}
			if why := forbidden(ap.Addr(), a.private, literal); why != "" {
				return &Refused{Host: fmt.Sprintf("%s (%s)", name, ap.Addr()), Why: why}
			}
			return nil
		}}
		return d.DialContext(ctx, network, addr)
	}
}

// RoundTrip makes the request if the rules admit it, and again while a server
// says that it is busy. Only requests without a body, or with one that can be
// read anew, are repeated, and only those that change nothing.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	from := ""
	if req.Response != nil && req.Response.Request != nil {
		from = req.Response.Request.URL.Host
	}
	a, err := t.rules.admit(req.URL.Scheme, req.URL.Host, from)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	base := t.verified
	if a.insecure {
		base = t.unverified
	}
	again := (req.Method == http.MethodGet || req.Method == http.MethodHead) && (req.Body == nil || req.Body == http.NoBody)
	for try := 0; ; try++ {
		res, err := t.once(base, req, a)
		if !again || try >= t.retries || !passing(res, err) || req.Context().Err() != nil {
			return res, err
		}
		wait := backoff(try)
		if res != nil {
			if asked, ok := retryAfter(res); ok {
				if asked > maxWait {
					return res, nil // the caller hears of it now
				}
				wait = max(wait, asked)
			}
			io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
			res.Body.Close()
		}
		timer := time.NewTimer(wait)
		select {
		case <-req.Context().Done():
			timer.Stop()
			return nil, context.Cause(req.Context())
		case <-timer.C:
		}
	}
}

// once makes the request a single time; its body is bounded and watched.
func (t *transport) once(base http.RoundTripper, req *http.Request, a admission) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(context.WithValue(req.Context(), admitted{}, a))
	r := req.Clone(ctx)
	if t.agent != "" && r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", t.agent)
	}
	res, err := base.RoundTrip(r)
	if err != nil {
		cancel(err)
		return nil, err
	}
	// A redirect is told by the request that it answers.
	res.Request = req
	if res.ContentLength > t.maxBody {
		res.Body.Close()
		cancel(ErrTooLarge)
		return nil, fmt.Errorf("%s: %w: %d bytes (limit %d)", req.URL.Redacted(), ErrTooLarge, res.ContentLength, t.maxBody)
	}
	b := &body{ReadCloser: res.Body, left: t.maxBody, limit: t.maxBody, stall: t.stall, cancel: cancel}
	b.timer = time.AfterFunc(t.stall, func() {
		b.stalled.Store(true)
		cancel(ErrStalled)
	})
	b.timer.Stop()
	res.Body = b
	return res, nil
}

// passing reports whether a later try may fare better.
func passing(res *http.Response, err error) bool {
	if err != nil {
		var refused *Refused
		var cert *tls.CertificateVerificationError
		var dns *net.DNSError
		switch {
		case errors.As(err, &refused), errors.As(err, &cert), errors.Is(err, ErrTooLarge):
			return false
		case errors.As(err, &dns):
			return !dns.IsNotFound
		}
		return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
			errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ETIMEDOUT)
	}
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff doubles with each try, from half of the full wait up, so that runs
// that failed together do not come back together.
func backoff(try int) time.Duration {
	full := min(firstWait<<try, maxWait)
	return full/2 + rand.N(full/2)
}

// retryAfter is the wait that a server asks for (RFC 9110, 10.2.3).
func retryAfter(res *http.Response) (time.Duration, bool) {
	v := strings.TrimSpace(res.Header.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if s, err := strconv.Atoi(v); err == nil {
		return max(0, time.Duration(min(s, 86400))*time.Second), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, time.Until(at)), true
}

// body counts what is read, and gives up on a server that stops sending.
type body struct {
	io.ReadCloser
	left, limit int64
	stall       time.Duration
	timer       *time.Timer
	stalled     atomic.Bool
	cancel      context.CancelCauseFunc
}

func (b *body) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fmt.Errorf("%w (limit %d bytes)", ErrTooLarge, b.limit)
	}
	// One byte more tells a body of the limit's size from a larger one.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	b.timer.Reset(b.stall)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if b.left -= int64(n); b.left < 0 {
		return n - 1, fmt.Errorf("%w (limit %d bytes)", ErrTooLarge, b.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) && b.stalled.Load() {
		err = fmt.Errorf("%w for %s", ErrStalled, b.stall)
	}
	return n, err
}

func (b *body) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(context.Canceled)
	return err
}
