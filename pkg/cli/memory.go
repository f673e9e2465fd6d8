package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/git"
	"github.com/kustoms-dev/kustoms/pkg/memo"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// keyVariable holds the key that seals what is remembered. Without it a key is
// made and kept in the cache.
const keyVariable = "KUSTOMS_CACHE_KEY"

// openMemo is nil unless the operator named a cache for this run: what an
// earlier run remembered is taken from nowhere else.
func openMemo(c *ucli.Context, repo *source.Repo, cfg *config.Config, stderr io.Writer) (*memo.Memo, error) {
	dir := c.String("cache-dir")
	if dir == "" {
		return nil, nil
	}
	key := []byte(os.Getenv(keyVariable))
	switch known, err := ours(repo, dir); {
	case err != nil:
		return nil, err
	case !known && len(key) == 0:
		fmt.Fprintf(stderr, "kustoms: warning: nothing is remembered for the next run: --cache-dir %s is inside of what is scanned, and without git nobody can tell who wrote it (seal it with a secret in %s, or name a folder outside)\n", dir, keyVariable)
		return nil, nil
	}
	if _, err := cacheSize(c); err != nil {
		return nil, err
	}
	store := cache.Open(dir)
	if len(key) == 0 {
		var err error
		if key, err = store.Key(); err != nil {
			fmt.Fprintf(stderr, "kustoms: warning: nothing is remembered for the next run: %v\n", err)
			return nil, nil
		}
	}
	source, err := charts(c, cfg)
	if err != nil {
		return nil, err
	}
	return &memo.Memo{Store: store, Key: key, Repo: repo, Outside: noting{source}.again}, nil
}

// ours refuses a cache that came with the repository: a change could have
// written its own results there. known is false where that cannot be told.
func ours(repo *source.Repo, dir string) (known bool, err error) {
	rel, err := repo.Rel(dir)
	if err != nil {
		return true, nil // outside
	}
	g, err := git.Open(repo.Dir())
	if err != nil {
		return false, nil
	}
	defer g.Close()
	head, err := g.Resolve("HEAD")
	if err != nil {
		return true, nil // no commit yet
	}
	tree, err := g.Tree(head, repo.Dir())
	if err != nil {
		return false, fmt.Errorf("--cache-dir: %w", err)
	}
	at, rest := "", rel
	for rest != "" {
		part, after, _ := strings.Cut(rest, "/")
		at, rest = strings.TrimPrefix(at+"/"+part, "/"), after
		info, err := tree.Lstat(at)
		if err != nil {
			return true, nil // not committed
		}
		if rest == "" || !info.IsDir() {
			return false, usage("name a folder that is not under version control", "--cache-dir %s is committed to the repository (%s): a change could have written it", dir, at)
		}
	}
	return true, nil
}

// program stands for this build of kustoms: its rules are in it.
var program = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		set := map[string]string{}
		for _, s := range info.Settings {
			set[s.Key] = s.Value
		}
		if set["vcs.revision"] != "" && set["vcs.modified"] == "false" {
			return memo.Digest(version(), info.GoVersion, info.Main, info.Deps, set)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(exe)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
})

// memory is what a scan remembers of earlier ones; nil is nothing.
type memory struct {
	memo  *memo.Memo
	reads source.Reads // of the whole run
	rules source.Reads // of the secrets' rules
	clean *memo.Set    // texts without secrets
	limit int64        // of the cache, in bytes
}

// over is the repository as it is to be read.
func (m *memory) over(repo *source.Repo) *source.Repo {
	if m == nil {
		return repo
	}
	return repo.Noting(&m.reads)
}

// known are the texts without secrets, by the rules that are now at hand.
func (m *memory) known() secret.Clean {
	if m == nil {
		return nil
	}
	m.clean = m.memo.Set("clean", memo.Digest(program(), m.rules.All()))
	return m.clean
}

// attach has the run remember its targets, which are checked by definitions of
// custom resources and by policies.
func (m *memory) attach(run *scan.Run, c *config.Config, definitions []string, policies string) {
	if m == nil {
		return
	}
	run.Memo = m.memo
	run.Question = memo.Digest(program(), settings(c), run.Repo.Limit(), m.rules.All(), definitions, policies)
}

// How what is fetched or cached is noted.
const (
	chartLook = "chart"
	treeLook  = "tree"
	fileLook  = "file"
)

// noting is what stands elsewhere, with the answers noted.
type noting struct{ render.Remote }

func note(ctx context.Context, op string, path any, answer source.Sum) {
	if reads := source.Watching(ctx); reads != nil {
		name, _ := json.Marshal(path)
		reads.Note(source.Look{Op: op, Path: string(name)}, answer)
	}
}

func (n noting) Chart(ctx context.Context, ref render.ChartRef) ([]byte, error) {
	data, err := n.Remote.Chart(ctx, ref)
	note(ctx, chartLook, ref, answer(data, err))
	return data, err
}

func (n noting) Tree(ctx context.Context, ref render.TreeRef) (map[string][]byte, error) {
	files, err := n.Remote.Tree(ctx, ref)
	note(ctx, treeLook, ref, treeAnswer(files, err))
	return files, err
}

func (n noting) File(ctx context.Context, address string) ([]byte, error) {
	data, err := n.Remote.File(ctx, address)
	note(ctx, fileLook, address, answer(data, err))
	return data, err
}

func answer(data []byte, err error) source.Sum {
	if err != nil {
		data = []byte("error " + err.Error())
	}
	return sha256.Sum256(data)
}

func treeAnswer(files map[string][]byte, err error) source.Sum {
	if err != nil {
		return answer(nil, err)
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%d %d %s", len(name), len(files[name]), name)
		h.Write(files[name])
	}
	return source.Sum(h.Sum(nil))
}

// again asks as the run would.
func (n noting) again(ctx context.Context, l source.Look) (source.Sum, bool) {
	var chart render.ChartRef
	var tree render.TreeRef
	var address string
	switch p := []byte(l.Path); {
	case l.Op == chartLook && json.Unmarshal(p, &chart) == nil:
		return answer(n.Remote.Chart(ctx, chart)), true
	case l.Op == treeLook && json.Unmarshal(p, &tree) == nil:
		return treeAnswer(n.Remote.Tree(ctx, tree)), true
	case l.Op == fileLook && json.Unmarshal(p, &address) == nil:
		return answer(n.Remote.File(ctx, address)), true
	}
	return source.Sum{}, false
}

// settings are those of the configuration that decide what is found, not what
// it is worth.
func settings(c *config.Config) config.Config {
	q := *c
	q.Suppressions, q.WarnBefore, q.Baseline, q.FailOn, q.Jobs, q.Network, q.Path = nil, nil, "", "", 0, nil, ""
	q.GitRange, q.GitHistory, q.Past = "", false, false
	return q
}

// remember is the memory of one scan. What the scan asks for elsewhere is noted
// beside its files.
func remember(c *ucli.Context, m *memo.Memo) *memory {
	if m == nil {
		return nil
	}
	limit, _ := cacheSize(c) // openMemo refused what is none
	mem := &memory{memo: m, limit: limit}
	c.Context = source.Watch(c.Context, &mem.reads)
	return mem
}

// report finds the report that a run over the same repository made.
func (m *memory) report(ctx context.Context, question string) *result.Report {
	if m == nil {
		return nil
	}
	answer, _, ok := m.memo.Recall(ctx, "run", question)
	if !ok {
		return nil
	}
	var rep result.Report
	if json.Unmarshal(answer, &rep) != nil {
		return nil
	}
	return &rep
}

// keep remembers what is known of texts and, under a question, the report; of
// one that might end otherwise at another time, nothing.
func (m *memory) keep(run *scan.Run, rep *result.Report, question string) {
	if m == nil {
		return
	}
	err := m.clean.Save()
	if err == nil && question != "" && run.Settled() {
		var answer []byte
		if answer, err = json.Marshal(rep); err == nil {
			err = m.memo.Keep("run", question, &m.reads, answer)
		}
	}
	if err == nil {
		_, err = m.memo.Store.Trim(m.limit)
	}
	if err != nil && run.Warn != nil {
		run.Warn(err)
	}
}

// warn tells people that the cache cannot be written.
func (m *memory) warn(stderr io.Writer) func(error) {
	return func(err error) {
		fmt.Fprintf(stderr, "kustoms: warning: not all is remembered for the next run: %v\n", err)
	}
}
