package dependency

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/render"
)

// Limits of what is fetched for a kustomization.
const (
	maxFile      = 32 << 20
	maxTree      = 256 << 20 // unpacked, in bytes
	maxTreeFiles = 50_000
)

// The cache's spaces of names.
const (
	treeSpace = "tree"
	fileSpace = "file"
)

// Tree implements render.Remote: the archive of the revision that a forge
// serves, so that no git is needed. GitHub, Gitea and Forgejo serve it under
// one path, GitLab under another; each is tried.
func (s *Source) Tree(ctx context.Context, ref render.TreeRef) (map[string][]byte, error) {
	name := ref.Repository + "\n" + ref.Revision
	data, err := s.remembered(treeSpace, name, func() ([]byte, error) { return s.archive(ctx, ref) })
	if err != nil {
		return nil, remoteFault(ref.String(), err)
	}
	files, err := unpack(data)
	if err != nil {
		return nil, &render.Fault{Msg: fmt.Sprintf("the archive of %s: %v", ref, err), Err: err}
	}
	return files, nil
}

// File implements render.Remote.
func (s *Source) File(ctx context.Context, address string) ([]byte, error) {
	data, err := s.remembered(fileSpace, address, func() ([]byte, error) { return s.get(ctx, address, maxFile, "") })
	if err != nil {
		return nil, remoteFault(address, err)
	}
	return data, nil
}

// remembered asks the cache first, unless Fresh.
func (s *Source) remembered(space, name string, fetch func() ([]byte, error)) ([]byte, error) {
	if err := s.init(); err != nil {
		return nil, err
	}
	if !s.Fresh || !s.Policy.Allow {
		if data, ok, err := s.Cache.Get(space, name, maxArchive); err != nil || ok {
			return data, err
		}
	}
	data, err := fetch()
	if err != nil {
		return nil, err
	}
	return data, s.Cache.Put(space, name, data)
}

// archive fetches a revision as tar, gzip.
func (s *Source) archive(ctx context.Context, ref render.TreeRef) ([]byte, error) {
	repo := strings.TrimSuffix(strings.TrimSuffix(ref.Repository, "/"), ".git")
	revision := ref.Revision
	if revision == "" {
		revision = "HEAD"
	}
	revision = (&url.URL{Path: revision}).EscapedPath()
	var errs []error
	for _, p := range [...]string{"/archive/" + revision + ".tar.gz", "/-/archive/" + revision + "/" + path.Base(repo) + ".tar.gz"} {
		data, err := s.get(ctx, repo+p, maxArchive, "")
		if err == nil {
			if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
				err = fmt.Errorf("%s%s is no archive: a page to log in, perhaps", repo, p)
			} else {
				return data, nil
			}
		}
		var refused *network.Refused
		if errors.As(err, &refused) || ctx.Err() != nil {
			return nil, err
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// remoteFault says how to get what was not to be had.
func remoteFault(what string, err error) error {
	return refusal(what, "remote and not in the cache", "fetch it into the repository and list its path, or: ", err)
}

// unpack reads an archive of one directory, whose name is dropped.
func unpack(data []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	files, links := map[string][]byte{}, map[string]string{}
	total := int64(0)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top, name, ok := strings.Cut(path.Clean(h.Name), "/")
		if !ok || top == ".." || top == "" {
			continue
		}
		switch h.Typeflag {
		case tar.TypeReg:
			if total += h.Size; total > maxTree || len(files) >= maxTreeFiles {
				return nil, fmt.Errorf("it holds more than %d MB or %d files", maxTree>>20, maxTreeFiles)
			}
			if files[name], err = io.ReadAll(r); err != nil {
				return nil, err
			}
		case tar.TypeSymlink:
			if to := path.Join(path.Dir(name), h.Linkname); within(to) && !path.IsAbs(h.Linkname) && len(links) < maxTreeFiles {
				links[name] = to
			}
		}
	}
	for name, to := range links { // to files, and not to further links
		if d, ok := files[to]; ok {
			files[name] = d
		}
	}
	return files, nil
}

// within reports whether a cleaned path stays below where it starts.
func within(p string) bool { return p != ".." && !strings.HasPrefix(p, "../") && !path.IsAbs(p) }
