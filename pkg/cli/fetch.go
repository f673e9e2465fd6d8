package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/git"
	"github.com/kustoms-dev/kustoms/pkg/platform"
)

// world is the environment and the checkout, for a platform to answer from.
func world(c *ucli.Context, getenv func(string) string) *platform.World {
	w := &platform.World{Getenv: getenv, ReadFile: os.ReadFile}
	g, err := openClone(c)
	if err != nil {
		return w
	}
	defer g.Close()
	if head, err := g.Resolve("HEAD"); err == nil {
		w.Head, w.Parents = head.Hash, head.Parents
	}
	return w
}

// openClone opens the git repository that a scan would look at.
func openClone(c *ucli.Context) (*git.Repo, error) {
	root := c.String("root")
	if root == "" {
		var err error
		if root, err = rootOf([]string{"."}); err != nil {
			return nil, err
		}
	}
	return git.Open(root)
}

// printFetch prints the script that brings the revisions that the flags and
// decisions name, as far as the clone lacks them.
func printFetch(c *ucli.Context, decisions []platform.Decision) error {
	named := map[string]string{}
	for _, flag := range []string{"base", "base-commit", "policy-from"} {
		named[flag] = c.String(flag)
	}
	for _, d := range decisions {
		if _, ok := named[d.Flag]; ok && d.Value != "" {
			named[d.Flag] = d.Value
		}
	}
	if named["base"]+named["base-commit"]+named["policy-from"] == "" {
		return nil
	}
	g, err := openClone(c)
	if err != nil {
		return usage("what is compared with is read from git", "%v", err)
	}
	defer g.Close()
	head, err := g.Resolve("HEAD")
	if err != nil {
		return usage("", "%v", err)
	}
	var bring, reach []string
	for _, flag := range []string{"base", "base-commit", "policy-from"} {
		rev := named[flag]
		if rev == "" {
			continue
		}
		var missing *git.Missing
		commit, err := g.Resolve(rev)
		switch {
		case errors.As(err, &missing):
			if !slices.Contains(bring, rev) {
				bring = append(bring, rev)
			}
		case err != nil:
			return usage("", "--%s: %v", flag, err)
		case flag != "base":
			continue
		default:
			if _, err = g.MergeBase(head, commit); err != nil && !errors.As(err, &missing) {
				return usage("", "--%s: %v", flag, err)
			}
		}
		if flag == "base" && err != nil {
			reach = append(reach, rev)
		}
	}
	_, err = fmt.Fprint(c.App.Writer, platform.FetchScript(bring, reach))
	return err
}
