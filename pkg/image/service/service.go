// Package service asks a service that scans: JSON over HTTP, with what it
// answers told apart, so that an answer which broke off, or was none, is never
// taken for "nothing found".
package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// Client asks one service. Its HTTP client must reach that service alone, and
// repeat nothing: Call does.
type Client struct {
	Engine string // for messages: "Trivy server"
	Base   *url.URL
	HTTP   *network.Client
	// Authorize adds credentials to a request; nil adds none.
	Authorize func(*http.Request) error
	// Credential is where the operator sets them, for hints.
	Credential string
	// Wait is before the first repetition; 0 is half a second.
	Wait time.Duration
}

// Parse checks the address of a service.
func Parse(addr string) (*url.URL, error) {
	u, err := url.Parse(addr)
	switch {
	case err != nil:
		return nil, errors.New("not an address") // the error would show what it holds
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, errors.New("want https://HOST[:PORT][/PATH]")
	case u.User != nil:
		return nil, errors.New("an address holds no credentials")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("want an address without query and fragment")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

const (
	tries     = 3
	firstWait = 500 * time.Millisecond
	maxText   = 4 << 10 // of an error that a service words
)

// Answer is a response whose status Call was told to expect.
type Answer struct {
	Status int
	Header http.Header
}

// Call sends in as JSON (nil sends no body) and reads the answer into out (nil
// reads none). Statuses 200 and 201 are expected, and those in also, whose
// bodies are not read. What is busy is asked again: every call of the two services is
// one that may be repeated. Errors are *image.EngineError.
func (c *Client) Call(ctx context.Context, method, path string, in, out any, also ...int) (*Answer, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, c.fail("the request cannot be written", "", err)
		}
	}
	wait := c.Wait
	if wait <= 0 {
		wait = firstWait
	}
	for try := 1; ; try++ {
		a, again, err := c.once(ctx, method, path, body, out, also)
		if err == nil || !again || try == tries {
			return a, err
		}
		if err := Sleep(ctx, wait); err != nil {
			return nil, err
		}
		wait *= 2
	}
}

// Sleep waits, or gives the cause why it need not.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

func (c *Client) once(ctx context.Context, method, path string, body []byte, out any, also []int) (a *Answer, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, false, c.fail("the request cannot be made", "", err)
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Authorize != nil {
		if err := c.Authorize(req); err != nil {
			return nil, false, c.fail("the credentials cannot be used", "check "+c.Credential, err)
		}
	}
	// A redirect would carry the credentials to wherever it leads.
	hc := *c.HTTP
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := hc.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		var timeout net.Error
		again = !errors.As(err, &timeout) || !timeout.Timeout()
		var urlErr *url.Error
		if errors.As(err, &urlErr) { // its text repeats the address
			err = urlErr.Err
		}
		return nil, again, c.fail("no answer from "+c.Base.Host, "check that the service runs, and its address", err)
	}
	defer res.Body.Close()
	a = &Answer{res.StatusCode, res.Header}
	for _, s := range also {
		if res.StatusCode == s {
			return a, false, nil
		}
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
		return nil, res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500, c.refused(res)
	}
	if out == nil {
		return a, false, nil
	}
	dec := json.NewDecoder(res.Body)
	if err := dec.Decode(out); err != nil {
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, true, c.fail("its answer broke off", "", io.ErrUnexpectedEOF)
		}
		return nil, false, c.fail("its answer cannot be read", "check that the address is a "+c.Engine+"'s", err)
	}
	return a, false, nil
}

// refused words a status that is no answer.
func (c *Client) refused(res *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxText))
	var said struct{ Msg, Message string } // Twirp's, Clair's
	why := ""
	if json.Unmarshal(text, &said) == nil {
		why = strings.Join(strings.Fields(strings.ToValidUTF8(said.Msg+said.Message, "?")), " ")
	}
	status := &StatusError{res.StatusCode, why}
	switch code := res.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return c.fail("it refused the credentials", "set "+c.Credential, status)
	case code >= 300 && code < 400:
		return c.fail("it redirects, which is not followed, for the credentials would go along", "name the address that answers", status)
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		return c.fail("it does not know the request", "check that the address is a "+c.Engine+"'s of a version that is supported", status)
	case code == http.StatusTooManyRequests || code >= 500:
		return c.fail("it failed", "try again, and read the service's log", status)
	}
	return c.fail("it refused the request", "", status)
}

func (c *Client) fail(why, hint string, err error) error {
	return &image.EngineError{Engine: c.Engine, Why: why, Hint: hint, Err: err}
}

// Fail is an error of this service.
func (c *Client) Fail(why, hint string, err error) error { return c.fail(why, hint, err) }

// StatusError is an HTTP status that is no answer.
type StatusError struct {
	Status int
	Said   string // the service's own words
}

func (e *StatusError) Error() string {
	s := fmt.Sprintf("HTTP status %d", e.Status)
	if e.Said != "" {
		s += fmt.Sprintf(" (%q)", e.Said)
	}
	return s
}
