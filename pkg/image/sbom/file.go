package sbom

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	scalibrfs "github.com/google/osv-scalibr/fs"
)

// fileAPI and info say of a file in a layer what extractors ask.
type fileAPI struct {
	path string
	info info
}

func (f fileAPI) Path() string               { return f.path }
func (f fileAPI) Stat() (fs.FileInfo, error) { return f.info, nil }

type info struct {
	name string
	size int64
	mode fs.FileMode
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

// one is a file system that holds one file: extractors see nothing else of a
// layer, so that what a file gives depends on that file alone.
type one struct {
	name string
	c    content
}

var _ scalibrfs.FS = one{}

func (o one) Open(name string) (fs.File, error) {
	if name != o.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	size, err := o.c.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	return &opened{io.NewSectionReader(o.c, 0, size), info{path.Base(name), size, 0o444}}, nil
}

func (o one) Stat(name string) (fs.FileInfo, error) {
	f, err := o.Open(name)
	if err != nil {
		return nil, err
	}
	return f.Stat()
}

func (o one) ReadDir(name string) ([]fs.DirEntry, error) {
	return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
}

type opened struct {
	*io.SectionReader
	info info
}

func (o *opened) Stat() (fs.FileInfo, error) { return o.info, nil }
func (o *opened) Close() error               { return nil }

// realPath puts the content into a file of its own; remove removes it.
func realPath(name string, c content) (file string, remove func(), err error) {
	file, err = scalibrfs.GetRealPath(&scalibrfs.ScanRoot{FS: one{name, c}}, name, c)
	return file, func() { os.RemoveAll(filepath.Dir(file)) }, err
}
