// Package leakset reads the labelled set of leaks, and scores a scanner on it.
// The format is described in the file itself, pkg/secret/testdata/labelled.txt.
package leakset

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Case is one labelled text.
type Case struct {
	// Kube says that it has the shape of what Kubernetes and its tools read.
	Kube bool
	// Path is unique: the file below a directory of its own.
	Path string
	Text string
	// Leaks are the lines, 1-based, that hold one.
	Leaks []int
	// Values are the secrets in these lines, as they were made up.
	Values []string
}

// Read reads the set and makes up its values.
func Read(file string) ([]Case, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []Case
	kube := false
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, "["):
			kube = strings.HasPrefix(line, "[kube ")
			continue
		}
		name, text, ok := strings.Cut(line, " :: ")
		if !ok {
			return nil, fmt.Errorf("%s:%d: no \" :: \"", file, i+1)
		}
		c := Case{Kube: kube, Path: path.Join(fmt.Sprintf("case-%03d", len(out)), name)}
		m := maker{seed: c.Path}
		var b strings.Builder
		n := 0
		for l := range strings.SplitSeq(strings.ReplaceAll(text, `\n`, "\n"), "\n") {
			rest, leaks := strings.CutPrefix(l, "!")
			// A value of several lines keeps the indentation of its first.
			indent := rest[:len(rest)-len(strings.TrimLeft(rest, " "))]
			m.values = nil
			made := m.expand(rest)
			if leaks {
				c.Values = append(c.Values, m.values...)
			}
			if m.err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, i+1, m.err)
			}
			made = strings.ReplaceAll(made, "\n", "\n"+indent)
			lines := strings.Count(made, "\n") + 1
			for k := range lines {
				if leaks {
					c.Leaks = append(c.Leaks, n+1+k)
				}
			}
			n += lines
			b.WriteString(made)
			b.WriteByte('\n')
		}
		c.Text = b.String()
		out = append(out, c)
	}
	return out, nil
}

// Write lays the cases out below dir.
func Write(dir string, cases []Case) error {
	for _, c := range cases {
		p := filepath.Join(dir, filepath.FromSlash(c.Path))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(p, []byte(c.Text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// Lines is a stretch of lines, 1-based, that a scanner reports.
type Lines struct{ From, To int }

// Score counts what a scanner found of one class of cases. A leak is a run of
// lines marked as one, or each of them where values stand line by line: it is
// found if a finding touches the line, or the run that it continues.
type Score struct {
	Leaks, Found int
	Clean, False int // texts without a leak, and findings where there is none
	Missed       []string
	Alarms       []string
}

// Recall is the share of the leaks that were found.
func (s Score) Recall() float64 { return float64(s.Found) / float64(max(s.Leaks, 1)) }

// Grade scores the cases that keep lets pass; found goes by path.
func Grade(cases []Case, found map[string][]Lines, keep func(Case) bool) Score {
	var s Score
	for _, c := range cases {
		if !keep(c) {
			continue
		}
		if len(c.Leaks) == 0 {
			s.Clean++
		}
		lines := strings.Split(c.Text, "\n")
		hit := func(n int) bool {
			return slices.ContainsFunc(found[c.Path], func(f Lines) bool { return f.From <= n && n <= max(f.From, f.To) })
		}
		for _, n := range c.Leaks {
			if n > 1 && slices.Contains(c.Leaks, n-1) && inPEM(lines, n) {
				continue // the rest of a key
			}
			s.Leaks++
			if hit(n) {
				s.Found++
			} else {
				s.Missed = append(s.Missed, fmt.Sprintf("%s:%d", c.Path, n))
			}
		}
		for _, f := range found[c.Path] {
			if !slices.ContainsFunc(c.Leaks, func(n int) bool { return f.From <= n && n <= max(f.From, f.To) }) {
				s.False++
				s.Alarms = append(s.Alarms, fmt.Sprintf("%s:%d", c.Path, f.From))
			}
		}
	}
	return s
}

// inPEM reports whether line n stands within a PEM block.
func inPEM(lines []string, n int) bool {
	for i := n - 2; i >= 0; i-- {
		if strings.Contains(lines[i], "-----END") {
			return false
		}
		if strings.Contains(lines[i], "-----BEGIN") {
			return true
		}
	}
	return false
}
