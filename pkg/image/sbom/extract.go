package sbom

import (
	"archive/tar"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	rpmdb "github.com/erikvarga/go-rpmdb/pkg"
	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/depsjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gobinary"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/archive"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagejson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/wheelegg"
	"github.com/google/osv-scalibr/extractor/filesystem/language/ruby/gemspec"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargoauditable"
	"github.com/google/osv-scalibr/extractor/filesystem/os/apk"
	apkmeta "github.com/google/osv-scalibr/extractor/filesystem/os/apk/metadata"
	"github.com/google/osv-scalibr/extractor/filesystem/os/dpkg"
	dpkgmeta "github.com/google/osv-scalibr/extractor/filesystem/os/dpkg/metadata"
	"github.com/google/osv-scalibr/extractor/filesystem/os/pacman"
	"github.com/google/osv-scalibr/extractor/filesystem/os/rpm"
	rpmmeta "github.com/google/osv-scalibr/extractor/filesystem/os/rpm/metadata"
	"github.com/google/osv-scalibr/log"
)

// Bounds of one extraction.
const (
	maxArchive  = 256 << 20 // bytes that a Java archive may unpack, nested ones with it
	maxNesting  = 8
	perFile     = time.Minute
	maxPackages = 200_000
)

// extractors are those for what is installed. Lock files are left out: in an
// image they say what was asked for, beside what is there.
var extractors = sync.OnceValue(func() []filesystem.Extractor {
	cfg := &cpb.PluginConfig{PluginSpecific: []*cpb.PluginSpecificConfig{{
		Config: &cpb.PluginSpecificConfig_JavaArchive{JavaArchive: &cpb.JavaArchiveConfig{MaxZipDepth: maxNesting, MaxOpenedBytes: maxArchive}},
	}}}
	var out []filesystem.Extractor
	for _, make := range []func(*cpb.PluginConfig) (filesystem.Extractor, error){
		dpkg.New, apk.New, rpm.New, pacman.New,
		gobinary.New, cargoauditable.New, archive.New, packagejson.New, wheelegg.New, gemspec.New, depsjson.New,
	} {
		e, err := make(cfg)
		if err != nil {
			panic(err) // of a constant configuration
		}
		out = append(out, e)
	}
	return out
})

// quiet silences the library's logger, which is global to the process and
// writes to standard error; what matters comes back as errors.
var quiet = sync.OnceFunc(func() { log.SetLogger(silent{}) })

type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Infof(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
func (silent) Error(...any)          {}
func (silent) Warn(...any)           {}
func (silent) Info(...any)           {}
func (silent) Debug(...any)          {}

// want is what has to be done with a file.
type want struct {
	by     []filesystem.Extractor
	list   bool // a dpkg file list
	wal    bool // what an rpm database has not taken in yet
	osinfo bool // an os-release file
}

func (w want) any() bool { return len(w.by) > 0 || w.list || w.wal || w.osinfo }

// binaries reports whether nothing but extractors of executables want it.
func (w want) binaries() bool {
	return len(w.by) > 0 && !slices.ContainsFunc(w.by, func(e filesystem.Extractor) bool { return !executable(e) })
}

func executable(e filesystem.Extractor) bool {
	return e.Name() == gobinary.Name || e.Name() == cargoauditable.Name
}

// of leaves nothing of a file that starts as no executable does.
func (w want) of(head []byte) want {
	for _, magic := range []string{"\x7fELF", "MZ", "\xfe\xed\xfa", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe", "\x01\xdf", "\x01\xf7", "\x00asm"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return w
		}
	}
	return want{}
}

// system reports whether the file is of a distribution's package manager.
func (w want) system() bool {
	return w.list || w.wal || w.osinfo || slices.ContainsFunc(w.by, func(e filesystem.Extractor) bool { return strings.HasPrefix(e.Name(), "os/") })
}

// text reports whether the file is read whole into memory.
func (w want) text() bool {
	return !slices.ContainsFunc(w.by, func(e filesystem.Extractor) bool {
		return executable(e) || e.Name() == archive.Name || e.Name() == rpm.Name
	})
}

func wanted(name string, mode fs.FileMode) want {
	var w want
	switch dir, base := path.Split(name); {
	case name == "etc/os-release" || name == "usr/lib/os-release":
		w.osinfo = true
	case dir == "var/lib/dpkg/info/" && strings.HasSuffix(base, ".list"):
		w.list = true
	case base == "rpmdb.sqlite-wal":
		w.wal = true
	}
	// The size is judged elsewhere, so that no file is passed over in silence.
	api := fileAPI{name, info{path.Base(name), 1, mode}}
	for _, e := range extractors() {
		if e.FileRequired(api) {
			w.by = append(w.by, e)
		}
	}
	return w
}

// extract looks into a file. An error says what could not be read of it.
func (w want) extract(ctx context.Context, name string, c content, hdr *tar.Header) (f File, err error) {
	f.Path = name
	switch {
	case w.osinfo:
		text, err := io.ReadAll(io.LimitReader(c, 64<<10))
		f.Release = string(text)
		return f, err
	case w.list:
		f.Owns, err = owned(bufio.NewScanner(c), func(line string) string { return line })
		return f, err
	case w.wal:
		if hdr.Size > 0 {
			return f, errors.New("the package database was not closed: packages installed last may be missing")
		}
		return f, nil
	}
	ctx, cancel := context.WithTimeout(ctx, perFile)
	defer cancel()
	for _, e := range w.by {
		if _, err := c.Seek(0, io.SeekStart); err != nil {
			return f, err
		}
		pkgs, xerr := run(ctx, e, name, c, hdr)
		if xerr != nil {
			err = fmt.Errorf("cannot be read as %s: %w", e.Name(), xerr)
		}
		for _, p := range pkgs {
			if len(f.Packages) >= maxPackages {
				return f, fmt.Errorf("lists more than %d packages", maxPackages)
			}
			if q, ok := convert(p); ok {
				f.Packages = append(f.Packages, q)
			}
		}
		if xerr != nil {
			continue
		}
		if _, serr := c.Seek(0, io.SeekStart); serr != nil {
			return f, serr
		}
		switch e.Name() {
		case apk.Name:
			f.Owns, err = apkOwned(c)
		case rpm.Name:
			f.Owns, err = rpmOwned(ctx, name, c)
		}
	}
	return f, err
}

// run runs one extractor; a panic in it is an error.
func run(ctx context.Context, e filesystem.Extractor, name string, c content, hdr *tar.Header) (pkgs []*extractor.Package, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	inv, err := e.Extract(ctx, &filesystem.ScanInput{
		FS: one{name, c}, Path: name, Reader: c, Info: info{path.Base(name), hdr.Size, fs.FileMode(hdr.Mode).Perm()},
	})
	return inv.Packages, err
}

func convert(p *extractor.Package) (Package, bool) {
	q := Package{Kind: p.PURLType, Name: p.Name, Version: p.Version, Licenses: slices.DeleteFunc(p.Licenses, func(l string) bool { return l == "" })}
	switch m := p.Metadata.(type) {
	case *dpkgmeta.Metadata:
		q.Source, q.SourceVersion, q.Arch = m.SourceName, m.SourceVersion, m.Architecture
	case *apkmeta.Metadata:
		q.Source, q.Arch = m.OriginName, m.Architecture
	case *rpmmeta.Metadata:
		q.Arch = m.Architecture
		if m.Epoch > 0 {
			q.Version = fmt.Sprintf("%d:%s", m.Epoch, p.Version)
		}
		// name-version-release.src.rpm; the epoch is the binary's.
		src := strings.TrimSuffix(strings.TrimSuffix(m.SourceRPM, ".rpm"), ".src")
		if i := strings.LastIndexByte(src, '-'); i > 0 {
			if j := strings.LastIndexByte(src[:i], '-'); j > 0 {
				q.Source, q.SourceVersion = src[:j], src[j+1:]
				if m.Epoch > 0 {
					q.SourceVersion = fmt.Sprintf("%d:%s", m.Epoch, q.SourceVersion)
				}
			}
		}
	default:
		if q.Kind == "golang" && q.Name == "go" {
			q.Name = "stdlib" // as advisories call it
		}
		if q.Kind == "golang" && (q.Version == "" || q.Version == "(devel)") {
			q.Version = ""
		} else if eco := p.Ecosystem(); !eco.IsEmpty() {
			q.Ecosystem = eco.String()
		}
		if u := p.PURL(); u != nil {
			q.PURL = u.String()
		}
	}
	if systemKind(q.Kind) {
		q.Source, q.SourceVersion = cmp.Or(q.Source, q.Name), cmp.Or(q.SourceVersion, q.Version)
	}
	return q, q.Name != ""
}

// systemKind reports whether packages of the kind are of a distribution.
func systemKind(kind string) bool {
	switch kind {
	case "deb", "apk", "rpm", "alpm", "pacman", "opkg":
		return true
	}
	return false
}

// owned lists the paths of a package manager's file list that could hold
// packages of a language.
func owned(sc *bufio.Scanner, of func(line string) string) (out []string, err error) {
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if p := of(sc.Text()); p != "" && interesting(p) {
			out = append(out, clean(p))
		}
	}
	return out, sc.Err()
}

func interesting(p string) bool { return wanted(clean(p), 0o755).any() }

// apkOwned reads the F (folder) and R (file) lines of apk's database.
func apkOwned(r io.Reader) ([]string, error) {
	dir := ""
	return owned(bufio.NewScanner(r), func(line string) string {
		if rest, ok := strings.CutPrefix(line, "F:"); ok {
			dir = rest
		}
		if rest, ok := strings.CutPrefix(line, "R:"); ok {
			return path.Join(dir, rest)
		}
		return ""
	})
}

// rpmOwned reads the file names of an rpm database, which the library opens
// by path.
func rpmOwned(ctx context.Context, name string, c content) (out []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	file, remove, err := realPath(name, c)
	if err != nil {
		return nil, err
	}
	defer remove()
	db, err := rpmdb.Open(file)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	pkgs, err := db.ListPackagesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range pkgs {
		names, err := p.InstalledFileNames()
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if interesting(n) {
				out = append(out, clean(n))
			}
		}
	}
	return out, nil
}
