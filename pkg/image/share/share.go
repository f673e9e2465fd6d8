// Package share keeps what is known of an image beside it in its registry, as
// OCI referrers, so that a fleet of runners reads an image once and needs no
// service of its own: an in-toto statement of the scan's result, for others and
// for later runs, and the packages as a CycloneDX document.
//
// Whoever may push to a repository may attach to its images, so a shared result
// is as trustworthy as that. It is taken for the very manifest that it names,
// from the same engine, and while it is young.
package share

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/bom"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Types of what is attached.
const (
	StatementType = "application/vnd.in-toto+json"
	BOMType       = "application/vnd.cyclonedx+json"
)

// Format is the version of results as they are shared.
const Format = "1"

const (
	statementV1 = "https://in-toto.io/Statement/v1"
	// vulnsV01 is https://github.com/in-toto/attestation/blob/main/spec/predicates/vuln.md
	vulnsV01 = "https://in-toto.io/attestation/vulns/v0.1"

	scannerURI = "https://github.com/kustoms-dev/kustoms"

	maxStatement = 64 << 20
	mostRead     = 8 // statements of an image, the newest first
	skew         = 5 * time.Minute
)

// Options say what is shared, and what is taken.
type Options struct {
	Registry *registry.Reader
	// Write attaches results, too; else they are read alone.
	Write bool
	// MaxAge is how old a result may be, and DataMaxAge its advisories; 0
	// takes any.
	MaxAge, DataMaxAge time.Duration
	Now                func() time.Time
	// Engine is whose results are taken: "native", "clair".
	Engine string
	// Format changes whenever results or lists of packages do: others are not
	// taken.
	Format  string
	Version string // of this program
}

// Scanner is an engine behind what is shared.
type Scanner struct {
	engine image.Scanner
	o      Options

	mu    sync.Mutex
	lists map[string]*image.Inventory // by digest, of results that are too old
}

// New makes a Scanner, for Before. Known is for engines that can match a list
// which another run made.
func New(o Options) *Scanner { return &Scanner{o: o, lists: map[string]*image.Inventory{}} }

// Before has the engine scan what is not shared.
func (s *Scanner) Before(engine image.Scanner) *Scanner {
	s.engine = engine
	return s
}

var _ image.Scanner = (*Scanner)(nil)

// Scan takes a shared result, or has the engine scan and shares what it finds.
func (s *Scanner) Scan(ctx context.Context, ref string) (*image.Result, error) {
	img, err := s.o.Registry.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	res, why := s.find(ctx, img)
	if res != nil {
		return res, nil
	}
	if res, err = s.engine.Scan(ctx, ref); err != nil {
		return nil, err
	}
	own := *res
	own.Gaps = slices.Clone(res.Gaps)
	if why != nil {
		own.Gaps = append(own.Gaps, image.Gap{What: "shared results of the image", Why: why.Error(), Hint: "leave --share-results out where a registry takes none", Known: true})
	} else if s.o.Write && whole(res) {
		if err := s.attach(ctx, img, res); err != nil {
			own.Gaps = append(own.Gaps, image.Gap{What: "the image's results", Why: "they were not shared: " + err.Error(), Hint: "use credentials that may push, or --share-results read", Known: true})
		}
	}
	return &own, nil
}

// whole results are worth sharing: a gap may be mended elsewhere.
func whole(res *image.Result) bool {
	return !slices.ContainsFunc(res.Gaps, func(g image.Gap) bool { return !g.Known })
}

// Known is a list of the image's packages that another run shared, nil if
// there is none. It does not age: the digest stands for what it was made of.
func (s *Scanner) Known(img *registry.Image) *image.Inventory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists[img.ID.Digest]
}

// find is the newest result that may be taken; a list of one that is too old
// is kept for Known. An error says that none could be looked for.
func (s *Scanner) find(ctx context.Context, img *registry.Image) (res *image.Result, err error) {
	err = s.o.Registry.Attached(ctx, img, StatementType, maxStatement, mostRead, func(data []byte) bool {
		r, young := s.read(data, img)
		if r == nil {
			return false
		}
		if young {
			res = r
			return true
		}
		s.mu.Lock()
		if s.lists[img.ID.Digest] == nil {
			inv := r.Inventory
			s.lists[img.ID.Digest] = &inv
		}
		s.mu.Unlock()
		return false
	})
	return res, err
}

// statement is an in-toto statement of a vulnerability scan. Extension is
// ours: readers of statements pass over what they do not know.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     predicate  `json:"predicate"`
}

type resource struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

type predicate struct {
	Scanner struct {
		URI     string `json:"uri"`
		Version string `json:"version,omitempty"`
		DB      struct {
			LastUpdate *time.Time `json:"lastUpdate,omitempty"`
		} `json:"db"`
		Result []fault `json:"result"`
	} `json:"scanner"`
	Metadata struct {
		Started  time.Time `json:"scanStartedOn"`
		Finished time.Time `json:"scanFinishedOn"`
	} `json:"metadata"`
	Extension struct {
		Format string        `json:"format"`
		Engine string        `json:"engine"`
		Result *image.Result `json:"result"`
	} `json:"kustoms"`
}

type fault struct {
	ID          string              `json:"id"`
	Severity    []grade             `json:"severity"`
	Annotations []map[string]string `json:"annotations,omitempty"`
}

type grade struct {
	Method string `json:"method"`
	Score  string `json:"score"`
}

// attach shares a result.
func (s *Scanner) attach(ctx context.Context, img *registry.Image, res *image.Result) error {
	now := s.o.Now().UTC().Truncate(time.Second)
	_, hex, _ := strings.Cut(img.ID.Digest, ":")
	st := statement{Type: statementV1, PredicateType: vulnsV01, Subject: []resource{{Name: img.ID.Repository(), Digest: map[string]string{"sha256": hex}}}}
	p := &st.Predicate
	p.Scanner.URI, p.Scanner.Version = scannerURI, s.o.Version
	if !res.DataFrom.IsZero() {
		p.Scanner.DB.LastUpdate = &res.DataFrom
	}
	p.Scanner.Result = []fault{}
	for i := range res.Vulnerabilities {
		p.Scanner.Result = append(p.Scanner.Result, describe(&res.Vulnerabilities[i]))
	}
	p.Metadata.Started, p.Metadata.Finished = now, now
	p.Extension.Format, p.Extension.Engine, p.Extension.Result = s.o.Format, s.o.Engine, res
	data, err := json.Marshal(st)
	if err != nil {
		return err
	}
	when := now.Format(time.RFC3339)
	bom, err := bom.CycloneDX(&res.Inventory, s.o.Version, when)
	if err != nil {
		return err
	}
	if err := s.o.Registry.Attach(ctx, img, BOMType, bom, when, nil); err != nil {
		return err
	}
	return s.o.Registry.Attach(ctx, img, StatementType, data, when, map[string]string{"in-toto.io/predicate-type": vulnsV01})
}

func describe(v *result.Vulnerability) fault {
	f := fault{ID: v.ID, Severity: []grade{{Method: "rating", Score: string(v.Rating)}}}
	for _, c := range v.CVSS {
		f.Severity = append(f.Severity, grade{Method: "CVSS_V" + strings.ReplaceAll(c.Version, ".", "_"), Score: fmt.Sprintf("%.1f", c.Score)})
	}
	for _, p := range v.Packages {
		a := map[string]string{"package": p.Name, "installed": p.Installed}
		if p.Fixed != "" {
			a["fixed"] = p.Fixed
		}
		if p.PURL != "" {
			a["purl"] = p.PURL
		}
		f.Annotations = append(f.Annotations, a)
	}
	return f
}

// read takes a statement apart: nil if it is not one of this engine about this
// image; young if its result may be taken.
func (s *Scanner) read(data []byte, img *registry.Image) (res *image.Result, young bool) {
	var st statement
	if json.Unmarshal(data, &st) != nil || st.Type != statementV1 || st.PredicateType != vulnsV01 || len(st.Subject) != 1 {
		return nil, false
	}
	p := &st.Predicate
	res = p.Extension.Result
	if "sha256:"+st.Subject[0].Digest["sha256"] != img.ID.Digest || res == nil || res.Image.Digest != img.ID.Digest ||
		p.Extension.Format != s.o.Format || p.Extension.Engine != s.o.Engine || !whole(res) {
		return nil, false
	}
	now := s.o.Now()
	// One from the future would stay young for as long as it likes.
	if p.Metadata.Finished.After(now.Add(skew)) || res.DataFrom.After(now.Add(skew)) || !adopt(res, img) {
		return nil, false
	}
	young = (s.o.MaxAge <= 0 || now.Sub(p.Metadata.Finished) <= s.o.MaxAge) &&
		(s.o.DataMaxAge <= 0 || !res.DataFrom.IsZero() && now.Sub(res.DataFrom) <= s.o.DataMaxAge)
	return res, young
}

var (
	validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+/-]{0,127}$`)
	ratings = []result.Rating{result.RatedCritical, result.RatedHigh, result.RatedMedium, result.RatedLow, result.RatedNegligible, result.RatedUnknown}
)

// adopt puts a foreign result to this run's image, and reports whether it is
// whole: what the manifest says is taken from the manifest.
func adopt(res *image.Result, img *registry.Image) bool {
	system := res.Image.OS
	res.Image, res.Layers = img.ID, img.Layers
	res.Image.OS = system
	for _, p := range res.Packages {
		if p.Layer < -1 || p.Layer >= len(img.Layers) || p.Name == "" {
			return false
		}
	}
	for i := range res.Vulnerabilities {
		v := &res.Vulnerabilities[i]
		if !validID.MatchString(v.ID) || !slices.Contains(ratings, v.Rating) || len(v.Packages) == 0 {
			return false
		}
		v.Image, v.EPSS, v.KEV = res.Image, nil, nil // what is exploited is this operator's data
		v.Refs = slices.DeleteFunc(v.Refs, func(r string) bool { return !strings.HasPrefix(r, "https://") && !strings.HasPrefix(r, "http://") })
		for j := range v.Packages {
			l := &v.Packages[j].Layer
			if l.Index >= len(img.Layers) {
				return false
			}
			if l.Index < 0 {
				*l = result.Layer{Index: -1}
			} else {
				*l = img.Layers[l.Index]
			}
		}
	}
	return true
}
