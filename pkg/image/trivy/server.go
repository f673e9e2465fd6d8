// Package trivy has Trivy look images up: a Trivy server, which is given the
// list of packages that kustoms read, or the program trivy, which is given the
// image. What they find has the shape of every engine.
package trivy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/match"
	"github.com/kustoms-dev/kustoms/pkg/image/service"
)

// ServerOptions assemble a Server.
type ServerOptions struct {
	Service service.Client
	// Lister reads images: the server sees a list of packages, and neither
	// layers nor credentials of registries.
	Lister image.Lister
	Age    Age
	// Timeout bounds one image, its download included. 0 is 10 minutes.
	Timeout time.Duration
}

// Age says how old vulnerability data may be.
type Age struct {
	Max time.Duration // 0 takes any
	Now func() time.Time
}

const (
	defaultTimeout = 10 * time.Minute
	cachePath      = "/twirp/trivy.cache.v1.Cache/"
	scanPath       = "/twirp/trivy.scanner.v1.Scanner/Scan"
	// format is part of the ids under which lists are stored in the server, so
	// that a list in another form is another one.
	format = "kustoms-1"
)

// Server is the engine that asks a Trivy server, over the interface that
// Trivy's own client uses (Twirp, JSON). It is documented by its protocol
// definitions alone, so what answers otherwise is refused.
type Server struct{ o ServerOptions }

// NewServer makes the engine.
func NewServer(o ServerOptions) *Server {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	o.Service.Engine = "Trivy server"
	return &Server{o}
}

var _ image.Scanner = (*Server)(nil)

// Authorize sends the token as Trivy's client does.
func Authorize(token string) func(*http.Request) error {
	if token == "" {
		return nil
	}
	return func(r *http.Request) error {
		r.Header.Set("Trivy-Token", token)
		return nil
	}
}

// Scan lists the image's packages and has the server match them.
func (s *Server) Scan(ctx context.Context, ref string) (*image.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.Timeout, fmt.Errorf("looking the image up took longer than %s", s.o.Timeout))
	defer cancel()
	res, err := s.scan(ctx, ref)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return res, err
}

func (s *Server) scan(ctx context.Context, ref string) (*image.Result, error) {
	// Before the image is pulled: a server that cannot answer costs nothing.
	var v version
	if _, err := s.o.Service.Call(ctx, http.MethodGet, "/version", nil, &v); err != nil {
		return nil, err
	}
	if why := v.stale(s.o.Age); why != "" {
		return nil, s.o.Service.Fail(why, "bring the server's database up to date, or take older data with --db-max-age", nil)
	}
	inv, err := s.o.Lister.Inventory(ctx, ref)
	if err != nil {
		return nil, err
	}
	b := newBlob(inv)
	var answer scanResponse
	// What was stored may be gone by the time it is asked about.
	for try := 0; ; try++ {
		if err = s.store(ctx, inv, b); err != nil {
			return nil, err
		}
		_, err = s.o.Service.Call(ctx, http.MethodPost, scanPath, scanRequest{
			Target: ref, ArtifactID: b.id, BlobIDs: []string{b.id},
			Options: scanOptions{
				PkgTypes: []string{"os", "library"}, Scanners: []string{"vuln"},
				Relationships: []string{"unknown", "root", "workspace", "direct", "indirect"},
			},
		}, &answer)
		if err == nil {
			break
		}
		var status *service.StatusError
		if try > 0 || !errors.As(err, &status) || status.Status < 500 {
			return nil, err
		}
	}
	return s.result(inv, b, &answer, &v)
}

// store puts the list into the server's cache, unless it is there.
func (s *Server) store(ctx context.Context, inv *image.Inventory, b *blob) error {
	var missing struct {
		Artifact bool     `json:"missing_artifact"`
		Blobs    []string `json:"missing_blob_ids"`
	}
	if _, err := s.o.Service.Call(ctx, http.MethodPost, cachePath+"MissingBlobs", map[string]any{"artifact_id": b.id, "blob_ids": []string{b.id}}, &missing); err != nil {
		return err
	}
	if len(missing.Blobs) > 0 {
		if _, err := s.o.Service.Call(ctx, http.MethodPost, cachePath+"PutBlob", map[string]any{"diff_id": b.id, "blob_info": b.info}, nil); err != nil {
			return err
		}
	}
	if missing.Artifact {
		if _, err := s.o.Service.Call(ctx, http.MethodPost, cachePath+"PutArtifact", map[string]any{"artifact_id": b.id, "artifact_info": map[string]any{"schema_version": 1, "os": "linux"}}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) result(inv *image.Inventory, b *blob, answer *scanResponse, v *version) (*image.Result, error) {
	looked := map[string]bool{} // what the server had advisories for
	var reports []match.Reported
	for _, r := range answer.Results {
		looked[r.Class+" "+r.Type] = true
		if r.Class == classOS {
			looked[classOS] = true
		}
		for i := range r.Vulnerabilities {
			rep := r.Vulnerabilities[i].reported()
			rep.Package = b.pkgs[r.Vulnerabilities[i].PkgID]
			reports = append(reports, rep)
		}
	}
	found, err := match.Join(inv, reports)
	if err != nil {
		return nil, s.o.Service.Fail("its answer makes no sense", "", err)
	}
	inv.Gaps = append(inv.Gaps, b.gaps(inv.Distro, looked)...)
	if answer.OS.EOSL {
		inv.Gaps = append(inv.Gaps, ended(inv.Distro.Name))
	}
	inv.Gaps = append(inv.Gaps, found.Gaps...)
	return &image.Result{
		Inventory: *inv, Engine: "trivy-server " + v.Version, DataFrom: v.DB.UpdatedAt,
		Vulnerabilities: found.Vulnerabilities, Hidden: found.Hidden,
	}, nil
}

// ended is what a release is worth that its distribution no longer mends.
func ended(name string) image.Gap {
	return image.Gap{What: fmt.Sprintf("packages of %q", name), Why: "the distribution no longer maintains this release, and publishes no more advisories for it", Hint: "move to a newer base image", Known: true}
}

// version is what /version answers, and `trivy version --format json`.
type version struct {
	Version string
	DB      struct {
		Version   int
		UpdatedAt time.Time
	} `json:"VulnerabilityDB"`
}

// stale says why the data is not to be used, "" if it is.
func (v *version) stale(a Age) string {
	if v.DB.UpdatedAt.IsZero() {
		return "it has no vulnerability database yet"
	}
	if a.Max > 0 && a.Now != nil {
		if age := a.Now().Sub(v.DB.UpdatedAt); age > a.Max {
			return fmt.Sprintf("its vulnerability database is of %s, older than %s", v.DB.UpdatedAt.UTC().Format(time.DateOnly), a.Max)
		}
	}
	return ""
}

type scanOptions struct {
	PkgTypes      []string `json:"pkg_types"`
	Scanners      []string `json:"scanners"`
	Relationships []string `json:"pkg_relationships"`
}

type scanRequest struct {
	Target     string      `json:"target"`
	ArtifactID string      `json:"artifact_id"`
	BlobIDs    []string    `json:"blob_ids"`
	Options    scanOptions `json:"options"`
}

type scanResponse struct {
	OS struct {
		Family string `json:"family"`
		EOSL   bool   `json:"eosl"`
	} `json:"os"`
	Results []struct {
		Class           string          `json:"class"`
		Type            string          `json:"type"`
		Vulnerabilities []rpcVulnerable `json:"vulnerabilities"`
	} `json:"results"`
}

// rpcVulnerable is trivy.common.Vulnerability.
type rpcVulnerable struct {
	ID             string   `json:"vulnerability_id"`
	VendorIDs      []string `json:"vendor_ids"`
	PkgID          string   `json:"pkg_id"`
	Fixed          string   `json:"fixed_version"`
	Title          string   `json:"title"`
	Description    string   `json:"description"`
	Severity       string   `json:"severity"`
	SeveritySource string   `json:"severity_source"`
	References     []string `json:"references"`
	PrimaryURL     string   `json:"primary_url"`
	Published      string   `json:"published_date"`
	Modified       string   `json:"last_modified_date"`
	CVSS           map[string]struct {
		V2  string `json:"v2_vector"`
		V3  string `json:"v3_vector"`
		V40 string `json:"v40_vector"`
	} `json:"cvss"`
}

func (v *rpcVulnerable) reported() match.Reported {
	r := facts{
		ID: v.ID, Aliases: v.VendorIDs, Title: v.Title, Details: v.Description, Severity: v.Severity, Source: v.SeveritySource,
		Fixed: v.Fixed, Published: v.Published, Modified: v.Modified, Refs: v.References, Primary: v.PrimaryURL,
	}
	for source, c := range v.CVSS {
		r.score(source, c.V40, c.V3, c.V2)
	}
	return r.reported()
}

// blobID is the digest of a list: equal lists are stored once.
func blobID(info any) string {
	data, err := json.Marshal([]any{format, info})
	if err != nil {
		panic(err) // of strings and numbers
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
