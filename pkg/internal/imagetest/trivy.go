package imagetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Trivy replays what a Trivy server answered when exchanges with one were
// recorded: paths, statuses, words of errors, and names of fields. What it
// finds is told to it.
type Trivy struct {
	URL     string
	Token   string
	Updated time.Time // of its database; zero is none
	// Found are vulnerabilities by the package's name, in Twirp's JSON, to
	// which the package's id is added.
	Found map[string]map[string]any
	// Without leaves results of this class out, as Trivy does with a
	// distribution that it does not know.
	Without string
	EOSL    bool
	// Forget drops what was stored, once.
	Forget bool
	// Intercept answers before all else where it returns true.
	Intercept func(http.ResponseWriter, *http.Request) bool

	mu    sync.Mutex
	blobs map[string]TrivyBlob
	Calls []string // paths that were asked
	Sent  TrivyBlob
}

// TrivyBlob is a list of packages as a client stores it.
type TrivyBlob struct {
	OS       struct{ Family, Name string } `json:"os"`
	Packages []TrivyPackages               `json:"package_infos"`
	Apps     []TrivyPackages               `json:"applications"`
}

// TrivyPackages are those of one file.
type TrivyPackages struct {
	Type     string
	FilePath string           `json:"file_path"`
	Packages []map[string]any `json:"packages"`
}

// Start serves it on loopback.
func (s *Trivy) Start(t testing.TB) *Trivy {
	t.Helper()
	s.blobs = map[string]TrivyBlob{}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// ServeHTTP answers.
func (s *Trivy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls = append(s.Calls, r.URL.Path)
	if s.Intercept != nil && s.Intercept(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/version" {
		v := map[string]any{"Version": "0.74.0"}
		if !s.Updated.IsZero() {
			v["VulnerabilityDB"] = map[string]any{"Version": 2, "UpdatedAt": s.Updated, "DownloadedAt": s.Updated, "NextUpdate": s.Updated.Add(24 * time.Hour)}
		}
		json.NewEncoder(w).Encode(v)
		return
	}
	if s.Token != "" && r.Header.Get("Trivy-Token") != s.Token {
		twirp(w, 401, "unauthenticated", "invalid token")
		return
	}
	var in struct {
		ArtifactID string    `json:"artifact_id"`
		BlobIDs    []string  `json:"blob_ids"`
		DiffID     string    `json:"diff_id"`
		BlobInfo   TrivyBlob `json:"blob_info"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		twirp(w, 400, "malformed", "the json request could not be decoded")
		return
	}
	switch r.URL.Path {
	case "/twirp/trivy.cache.v1.Cache/MissingBlobs":
		missing := []string{}
		for _, id := range in.BlobIDs {
			if _, ok := s.blobs[id]; !ok {
				missing = append(missing, id)
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"missing_artifact": len(missing) > 0, "missing_blob_ids": missing})
	case "/twirp/trivy.cache.v1.Cache/PutBlob":
		s.blobs[in.DiffID], s.Sent = in.BlobInfo, in.BlobInfo
		fmt.Fprint(w, "{}")
	case "/twirp/trivy.cache.v1.Cache/PutArtifact":
		fmt.Fprint(w, "{}")
	case "/twirp/trivy.scanner.v1.Scanner/Scan":
		if s.Forget {
			s.Forget, s.blobs = false, map[string]TrivyBlob{}
		}
		for _, id := range in.BlobIDs {
			if _, ok := s.blobs[id]; !ok {
				twirp(w, 500, "internal", "failed scan, x: failed to apply layers: layer cache missing: "+id)
				return
			}
		}
		json.NewEncoder(w).Encode(s.answer(s.blobs[in.BlobIDs[0]]))
	default:
		twirp(w, 404, "bad_route", "no handler for path "+r.URL.Path)
	}
}

func (s *Trivy) answer(b TrivyBlob) map[string]any {
	results := []any{}
	add := func(class, kind string, pkgs []map[string]any) {
		if class == s.Without || len(pkgs) == 0 {
			return
		}
		vulns := []any{}
		for _, p := range pkgs {
			name, _ := p["name"].(string)
			if v := s.Found[name]; v != nil {
				out := map[string]any{"pkg_id": p["id"], "pkg_name": name}
				for k, x := range v {
					out[k] = x
				}
				vulns = append(vulns, out)
			}
		}
		results = append(results, map[string]any{"class": class, "type": kind, "packages": pkgs, "vulnerabilities": vulns})
	}
	for _, p := range b.Packages {
		add("os-pkgs", b.OS.Family, p.Packages)
	}
	for _, a := range b.Apps {
		add("lang-pkgs", a.Type, a.Packages)
	}
	return map[string]any{"os": map[string]any{"family": b.OS.Family, "name": b.OS.Name, "eosl": s.EOSL}, "results": results}
}

func twirp(w http.ResponseWriter, status int, code, msg string) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"code": code, "msg": msg})
}
