package imagetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Clair replays what a Clair 4.9 answered when exchanges with one were
// recorded: paths, statuses and names of fields. It reads the layers as the
// real one does, and reports what it is told to.
type Clair struct {
	URL     string
	Key     []byte // of the pre-shared key; nil asks for none
	State   string // of the indexer
	Updated time.Time
	// Report is the vulnerability report, with @DIGEST@ for the manifest's
	// digest and @LAYER0@ … for the layers'.
	Report string
	// NotReady is how often the matcher says 202 first; below 0 is always.
	NotReady int
	// IndexErr fails the indexing.
	IndexErr string
	// NoAge answers nothing about updates.
	NoAge bool
	// Known answers 412 to an index request.
	Known     bool
	Intercept func(http.ResponseWriter, *http.Request) bool

	mu      sync.Mutex
	layers  map[string][]string // by manifest
	Calls   []string            // "POST /path"
	Headers []http.Header       // that came with the layers
}

// Start serves it on loopback.
func (s *Clair) Start(t testing.TB) *Clair {
	t.Helper()
	s.layers = map[string][]string{}
	if s.State == "" {
		s.State = "4cb6a4e3e0f2b2ac"
	}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// ServeHTTP answers.
func (s *Clair) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls = append(s.Calls, r.Method+" "+r.URL.Path)
	if s.Intercept != nil && s.Intercept(w, r) {
		return
	}
	if s.Key != nil && !s.signed(r) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	index, isIndex := strings.CutPrefix(r.URL.Path, "/indexer/api/v1/index_report/")
	report, isReport := strings.CutPrefix(r.URL.Path, "/matcher/api/v1/vulnerability_report/")
	switch {
	case r.URL.Path == "/indexer/api/v1/index_state":
		json.NewEncoder(w).Encode(map[string]string{"state": s.State})
	case r.URL.Path == "/indexer/api/v1/index_report" && r.Method == http.MethodPost:
		s.index(w, r)
	case isIndex:
		if s.layers[index] == nil {
			clairError(w, 404, "index report not found")
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"manifest_hash": index, "state": "IndexFinished", "success": true, "err": ""})
	case r.URL.Path == "/matcher/api/v1/internal/update_operation" && !s.NoAge:
		json.NewEncoder(w).Encode(map[string]any{"debian/updater": []any{map[string]any{"updater": "debian/updater", "date": s.Updated}}, "old": []any{map[string]any{"date": s.Updated.Add(-time.Hour)}}})
	case isReport:
		if s.NotReady != 0 {
			s.NotReady--
			w.WriteHeader(http.StatusAccepted)
			return
		}
		if s.layers[report] == nil {
			clairError(w, 404, fmt.Sprintf("index report for manifest %q not found", report))
			return
		}
		text := strings.ReplaceAll(s.Report, "@DIGEST@", report)
		for i, l := range s.layers[report] {
			text = strings.ReplaceAll(text, fmt.Sprintf("@LAYER%d@", i), l)
		}
		fmt.Fprint(w, text)
	default:
		clairError(w, 404, "not found")
	}
}

func (s *Clair) index(w http.ResponseWriter, r *http.Request) {
	var m struct {
		Hash   string
		Layers []struct {
			Hash, URI string
			Headers   http.Header
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.Hash == "" || len(m.Layers) == 0 {
		clairError(w, 400, "bogus manifest")
		return
	}
	s.layers[m.Hash] = []string{}
	for _, l := range m.Layers {
		s.layers[m.Hash] = append(s.layers[m.Hash], l.Hash)
		s.Headers = append(s.Headers, l.Headers)
		req, err := http.NewRequest(http.MethodGet, l.URI, nil)
		if err != nil {
			clairError(w, 400, err.Error())
			return
		}
		req.Header = l.Headers
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusOK {
			clairError(w, 500, "failed to start scan: failed to fetch layers")
			return
		}
		h := sha256.New()
		io.Copy(h, res.Body)
		res.Body.Close()
		if got := fmt.Sprintf("sha256:%x", h.Sum(nil)); got != l.Hash {
			clairError(w, 500, "failed to start scan: layer has digest "+got)
			return
		}
	}
	if s.Known {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	w.WriteHeader(http.StatusCreated)
	if s.IndexErr != "" {
		json.NewEncoder(w).Encode(map[string]any{"manifest_hash": m.Hash, "state": "IndexError", "success": false, "err": s.IndexErr})
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"manifest_hash": m.Hash, "state": "IndexFinished", "success": true, "err": ""})
}

// signed verifies a JWT as Clair's pre-shared key authentication does.
func (s *Clair) signed(r *http.Request) bool {
	parts := strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
	if len(parts) != 3 {
		return false
	}
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) != parts[2] {
		return false
	}
	var head struct{ Alg string }
	var claims struct {
		Iss      string
		Iat, Exp int64
	}
	for i, out := range []any{&head, &claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(data, out) != nil {
			return false
		}
	}
	return head.Alg == "HS256" && claims.Iss == "kustoms" && claims.Exp > claims.Iat
}

func clairError(w http.ResponseWriter, status int, msg string) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"code": "error", "message": msg})
}
