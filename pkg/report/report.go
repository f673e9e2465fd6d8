// Package report writes a result.Report in each format that a platform or a
// person reads. A format is one file here and one golden; Formats is the only
// table of them, which flags, help, documentation and tests iterate. Writers
// see nothing but the report, so every one is tested without a scan, and the
// JSON form replays into all others.
//
// Each writer keeps within the limits of its consumer by itself, worst
// findings first, and says in its output how many it left out.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Writer writes one format.
type Writer interface {
	Write(w io.Writer, r *result.Report) error
}

// WriterFunc makes a function a Writer.
type WriterFunc func(w io.Writer, r *result.Report) error

// Write calls f.
func (f WriterFunc) Write(w io.Writer, r *result.Report) error { return f(w, r) }

// Format is a row of the table of formats.
type Format struct {
	Name  string
	Help  string
	Write Writer
}

// Options is what the caller decides about the formats; the zero value is what
// a file or a pipe gets.
type Options struct {
	// Color and Width (0: 80) shape the text format.
	Color bool
	Width int
	// Verbose shows everything in the text format: each finding in full, and
	// what is suppressed, known or fixed.
	Verbose bool
	// Category tells apart several SARIF files that one job uploads, such as
	// those of two projects in one repository.
	Category string
	// Suppressed puts suppressed findings into SARIF, marked as such. GitHub
	// shows them as open alerts.
	Suppressed bool
	// Time is when the scan ran, for the formats that demand one; reports
	// hold none, so that two runs give the same bytes.
	Time time.Time
	// Commit is the commit that was scanned, for the formats that demand one;
	// "" if unknown.
	Commit string
	// Previous are reports of earlier runs, oldest first, for a trend.
	Previous []*result.Report
}

// Formats lists every format, sorted by name, with default options.
func Formats() []Format { return Options{}.Formats() }

// Lookup finds a format by name, with default options.
func Lookup(name string) (Format, error) { return Options{}.Lookup(name) }

// Formats lists every format, sorted by name.
func (o Options) Formats() []Format {
	return []Format{
		{"csv", "a row a finding, for spreadsheets", WriterFunc(writeCSV)},
		{"cyclonedx", "CycloneDX 1.6: images, their known vulnerabilities and what was decided (VEX)", cyclonedx{o.Time}},
		{"github-annotations", "GitHub workflow commands, to be printed by a step", annotations{}},
		{"github-summary", "Markdown for GitHub's step summary", markdown{bytes: summaryBytes}},
		{"gitlab-codequality", "GitLab Code Quality, for every tier", codeQuality{}},
		{"gitlab-container-scanning", "GitLab container scanning report: known vulnerabilities of images", gitlab{"container_scanning", gitlabImage, gitlabInImage, o.Time, o.Commit}},
		{"gitlab-sast", "GitLab SAST report: all findings but secrets and vulnerable images", gitlab{"sast", gitlabSAST, gitlabInSource, o.Time, o.Commit}},
		{"gitlab-secret-detection", "GitLab secret detection report", gitlab{"secret_detection", gitlabSecret, gitlabInCommit, o.Time, o.Commit}},
		{"html", "one page for a browser: no script, nothing from outside", html{o.Previous}},
		{"json", "everything, lossless; replays into the other formats", WriterFunc(writeJSON)},
		{"junit", "JUnit XML for GitLab and others", junit{}},
		{"junit-strict", "JUnit XML within the schema that Jenkins publishes", junit{strict: true}},
		{"markdown", "Markdown for a merge-request comment", markdown{bytes: commentRunes, runes: true}},
		{"sarif", "SARIF 2.1.0 for GitHub and GitLab code scanning", sarif{category: o.Category, suppressed: o.Suppressed}},
		{"text", "for people, on a terminal", text{color: o.Color, verbose: o.Verbose, width: o.Width}},
	}
}

// Lookup finds a format by name.
func (o Options) Lookup(name string) (Format, error) {
	var names []string
	for _, f := range o.Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown report format %q (want %s)", name, strings.Join(names, ", "))
}
