package match

import (
	"cmp"
	"slices"
	"strings"

	cvss20 "github.com/pandatix/go-cvss/20"
	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
	cvss40 "github.com/pandatix/go-cvss/40"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// score is the base score of a vector; ok is false if it is none.
func score(vector string) (c result.CVSS, ok bool) {
	c.Vector = vector
	switch {
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		v, err := cvss40.ParseVector(vector)
		if err != nil {
			return c, false
		}
		c.Version, c.Score = "4.0", v.Score()
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		v, err := cvss31.ParseVector(vector)
		if err != nil {
			return c, false
		}
		c.Version, c.Score = "3.1", v.BaseScore()
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		v, err := cvss30.ParseVector(vector)
		if err != nil {
			return c, false
		}
		c.Version, c.Score = "3.0", v.BaseScore()
	default:
		v, err := cvss20.ParseVector(vector)
		if err != nil {
			return c, false
		}
		c.Version, c.Score = "2.0", v.BaseScore()
	}
	return c, true
}

// ofScore is CVSS v3's and v4's scale; v2 has no critical.
func ofScore(c result.CVSS) result.Rating {
	switch {
	case c.Score >= 9 && c.Version != "2.0":
		return result.RatedCritical
	case c.Score >= 7:
		return result.RatedHigh
	case c.Score >= 4:
		return result.RatedMedium
	case c.Score > 0:
		return result.RatedLow
	}
	return result.RatedNegligible
}

// words are the severities as databases word them, lower case.
var words = map[string]result.Rating{
	"critical": result.RatedCritical, "emergency": result.RatedCritical,
	"high": result.RatedHigh, "important": result.RatedHigh,
	"medium": result.RatedMedium, "moderate": result.RatedMedium,
	"low":        result.RatedLow,
	"negligible": result.RatedNegligible, "unimportant": result.RatedNegligible, "none": result.RatedNegligible,
}

// rated is what several records say of one fault's severity.
type rated struct {
	cvss  []result.CVSS
	words []struct {
		rating result.Rating
		by     string
	}
}

func (r *rated) add(by string, all []severity) {
	for _, s := range all {
		if strings.HasPrefix(s.Type, "CVSS") {
			c, ok := score(s.Score)
			if ok && !slices.ContainsFunc(r.cvss, func(o result.CVSS) bool { return o.Vector == c.Vector }) {
				c.Source = by
				r.cvss = append(r.cvss, c)
			}
			continue
		}
		r.say(s.Score, by)
	}
}

func (r *rated) say(word, by string) {
	if w, ok := words[strings.ToLower(strings.Trim(word, "*"))]; ok {
		r.words = append(r.words, struct {
			rating result.Rating
			by     string
		}{w, by})
	}
}

// rating is the newest CVSS version's, the highest of several; else the first
// word; else unknown.
func (r *rated) rating() (result.Rating, string) {
	slices.SortStableFunc(r.cvss, func(a, b result.CVSS) int {
		return cmp.Or(strings.Compare(b.Version, a.Version), cmp.Compare(b.Score, a.Score), strings.Compare(a.Vector, b.Vector))
	})
	if len(r.cvss) > 0 {
		return ofScore(r.cvss[0]), "cvss"
	}
	if len(r.words) > 0 {
		return r.words[0].rating, r.words[0].by
	}
	return result.RatedUnknown, ""
}
