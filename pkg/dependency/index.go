package dependency

import (
	"context"
	"fmt"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/render"
)

// index is the part of a repository's index.yaml that finds an archive.
type index struct {
	Entries map[string][]entry `yaml:"entries"`
}

type entry struct {
	Version string   `yaml:"version"`
	URLs    []string `yaml:"urls"`
	Digest  string   `yaml:"digest"`
}

// indexOnce is an index that is read once in a run.
type indexOnce struct {
	once  sync.Once
	index *index
	err   error
}

// index reads the index of the repository at base, which ends in "/".
func (s *Source) index(ctx context.Context, base string) (*index, error) {
	s.mu.Lock()
	o := s.indexes[base]
	if o == nil {
		o = &indexOnce{}
		s.indexes[base] = o
	}
	s.mu.Unlock()
	o.once.Do(func() {
		data, err := s.get(ctx, base+"index.yaml", maxIndex, base)
		if err != nil {
			o.err = err
			return
		}
		var x index
		if err := yaml.Unmarshal(data, &x); err != nil {
			o.err = fmt.Errorf("%sindex.yaml is not the index of a chart repository: %v", base, err)
			return
		}
		o.index = &x
	})
	return o.index, o.err
}

// choose finds the entry of a chart.
func (x *index) choose(ref render.ChartRef) (entry, error) {
	entries := x.Entries[ref.Name]
	if len(entries) == 0 {
		return entry{}, fmt.Errorf("the repository has no chart %q", ref.Name)
	}
	versions := make([]string, len(entries))
	for i, e := range entries {
		versions[i] = e.Version
	}
	v, err := pick(ref, versions)
	if err != nil {
		return entry{}, err
	}
	for _, e := range entries {
		if e.Version == v {
			return e, nil
		}
	}
	return entry{}, fmt.Errorf("version %s is not there", v)
}
