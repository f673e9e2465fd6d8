package archtest

import "slices"

// layer is a row of the imports table: the packages that a package may import
// from this module, and why no others. Names are below the module's path; one
// that ends in "/..." stands for the packages below it, too.
type layer struct {
	pkg string
	may []string
	why string
}

// The stack that everything stands on, bottom first. Each may import those
// before it.
var (
	places  = []string{"pkg/source", "pkg/result"}
	objects = slices.Concat(places, []string{"pkg/srcmap", "pkg/manifest"})
	indexed = slices.Concat(objects, []string{"pkg/schema", "pkg/index"})
)

var layers = []layer{
	{"cmd/kustoms", []string{"pkg/cli", "pkg/heap"}, "main does nothing, so that everything can be tested in process"},
	{"docs", nil, "it is text, which any command may print"},
	{"pkg/cli", slices.Concat(places, []string{"docs", "pkg/attack", "pkg/cache", "pkg/config", "pkg/dependency", "pkg/discover", "pkg/excerpt", "pkg/fix", "pkg/git", "pkg/gitops", "pkg/graph", "pkg/analysis/netpol", "pkg/analysis/rbac", "pkg/image/...", "pkg/index", "pkg/intent", "pkg/internal/parallel", "pkg/internal/suggest", "pkg/memo", "pkg/network", "pkg/platform", "pkg/policy", "pkg/render/...", "pkg/report", "pkg/rule", "pkg/rules", "pkg/sandbox", "pkg/scan", "pkg/schema", "pkg/secret", "pkg/suppress", "pkg/triage"}),
		"it assembles a run; what it would decide by looking into objects belongs to a stage"},
	{"pkg/config", slices.Concat(objects, []string{"pkg/internal/suggest", "pkg/intent"}), "what the user decided is data; who acts on it reads it"},
	{"pkg/scan", slices.Concat(indexed, []string{"pkg/excerpt", "pkg/memo", "pkg/render", "pkg/suppress", "pkg/triage"}), "it sees stages through interfaces only, so that none drags its library in"},
	{"pkg/fix", slices.Concat(indexed, []string{"pkg/fix/edit", "pkg/rule", "pkg/scan"}), "it tries changes by running the stages again, and knows no renderer"},
	{"pkg/fix/edit", objects, "it changes text; what that does to what is deployed is tried above"},

	{"pkg/discover", slices.Concat(objects, []string{"pkg/internal/parallel"}), "it reads GitOps objects where they stand; it renders nothing and checks nothing"},
	{"pkg/render", objects, "a renderer gives documents; what they mean is for others"},
	{"pkg/render/helm", slices.Concat(objects, []string{"pkg/render"}), "renderers do not know each other"},
	{"pkg/render/kustomize", slices.Concat(objects, []string{"pkg/render"}), "renderers do not know each other"},
	{"pkg/render/plain", slices.Concat(objects, []string{"pkg/render"}), "renderers do not know each other"},
	{"pkg/secret", slices.Concat(indexed, []string{"pkg/internal/parallel"}), "it finds values; what they mean for an object is a rule's business"},
	{"pkg/gitops", slices.Concat(indexed, []string{"pkg/render"}), "it reads what a renderer gives, whichever; findings are for rules"},
	{"pkg/policy", slices.Concat(indexed, []string{"pkg/cel", "pkg/internal/suggest", "pkg/render"}), "it asks the user's own policies, wherever a renderer or a file gives them; no rule knows it"},
	{"pkg/image", indexed, "it lists and scans images; what a reference gives away is a rule's business"},
	{"pkg/image/registry", slices.Concat(places, []string{"pkg/cache", "pkg/image"}), "it opens images; what they hold is for sbom"},
	{"pkg/image/sbom", slices.Concat(places, []string{"pkg/image"}), "it lists packages; it knows neither where they come from nor what they are worth"},
	{"pkg/image/match", slices.Concat(places, []string{"pkg/image"}), "it matches lists with an index; it reads no image"},
	{"pkg/image/db", slices.Concat(places, []string{"pkg/image", "pkg/image/match", "pkg/network"}), "it keeps indexes; what they say is for match"},
	{"pkg/image/vex", slices.Concat(places, []string{"pkg/image"}), "it reads statements and matches them with what a scanner found"},
	{"pkg/image/service", []string{"pkg/source", "pkg/result", "pkg/image", "pkg/network"}, "it asks a service and tells its answers apart; what they say is for an engine"},
	{"pkg/image/trivy", slices.Concat(places, []string{"pkg/image", "pkg/image/match", "pkg/image/registry", "pkg/image/sbom", "pkg/image/service"}), "an engine: match groups what it reports as every engine's, sbom knows what OSV calls a distribution"},
	{"pkg/image/clair", slices.Concat(places, []string{"pkg/image", "pkg/cache", "pkg/image/match", "pkg/image/registry", "pkg/image/sbom", "pkg/image/service"}), "an engine, as pkg/image/trivy"},
	{"pkg/image/bom", slices.Concat(places, []string{"pkg/image"}), "it writes an inventory in formats of others"},
	{"pkg/image/share", slices.Concat(places, []string{"pkg/image", "pkg/image/bom", "pkg/image/registry"}), "it keeps results beside images; who made them is an engine's business"},
	{"pkg/image/upgrade", slices.Concat(places, []string{"pkg/image"}), "it asks an engine about other tags; what an image holds is the engine's"},
	{"pkg/image/native", slices.Concat(places, []string{"pkg/image", "pkg/cache", "pkg/image/db", "pkg/image/match", "pkg/image/registry", "pkg/image/sbom"}), "it joins the parts of one engine; other engines are its peers"},
	{"pkg/excerpt", slices.Concat(places, []string{"pkg/internal/parallel"}), "it reads source text and masks it; it knows no rule"},
	{"pkg/suppress", slices.Concat(indexed, []string{"pkg/internal/parallel"}), "it reads what people accepted; whether it holds is for triage"},
	{"pkg/attack", slices.Concat(indexed, []string{"pkg/analysis/exposure", "pkg/analysis/netpol", "pkg/analysis/route"}), "it joins findings by what they say; it makes none"},
	{"pkg/triage", places, "it marks findings by what they say, never by looking again"},
	{"pkg/graph", places, "it draws what a report holds, and does not know what it means"},
	{"pkg/report", slices.Concat(places, []string{"pkg/graph"}), "every writer must work on a report read back from JSON"},

	{"pkg/rules", []string{"pkg/rule", "pkg/rules/..."}, "it lists the families, nothing more"},
	{"pkg/rules/...", slices.Concat(indexed, []string{"pkg/internal/suggest", "pkg/intent", "pkg/rule", "pkg/analysis/..."}), "a rule sees its pass, and may say which name was meant; families do not know each other"},
	{"pkg/rule", slices.Concat(indexed, []string{"pkg/intent", "pkg/analysis/..."}), "a rule is data and a function, with no way to I/O"},

	{"pkg/intent", places, "what the user says is data; what it means for a target is an analysis"},
	{"pkg/analysis/exposure", slices.Concat(indexed, []string{"pkg/analysis/netpol", "pkg/analysis/route"}), "a way in that policies close is none, so it asks who may reach whom"},
	{"pkg/analysis/...", slices.Concat(indexed, []string{"pkg/intent", "pkg/analysis/route"}), "a graph is built from the index and knows no rule"},
	{"pkg/index", slices.Concat(objects, []string{"pkg/schema"}), "it is frozen once built and knows no rule"},
	{"pkg/cel", nil, "it evaluates expressions over JSON values, for schemas and policies alike"},
	{"pkg/schema", slices.Concat(objects, []string{"pkg/cel", "pkg/internal/suggest"}), "it says what an API server takes; what that is worth is for a rule"},
	{"pkg/manifest", []string{"pkg/source", "pkg/result", "pkg/srcmap"}, "an object does not know who looks at it"},
	{"pkg/dependency", slices.Concat(places, []string{"pkg/cache", "pkg/network", "pkg/render"}), "it gets archives; what is in them is for a renderer"},
	{"pkg/cache", nil, "it keeps bytes, and does not know what they mean"},
	{"pkg/heap", nil, "it sets the process's collector, for programs alone"},
	{"pkg/memo", []string{"pkg/cache", "pkg/internal/parallel", "pkg/source"}, "it knows what was asked, and not what the answers mean"},
	{"pkg/git", []string{"pkg/source"}, "it serves revisions as files, and does not know what they hold"},
	{"pkg/network", nil, "it knows hosts, and nothing of what is asked of them"},
	{"pkg/sandbox", nil, "it knows paths, and nothing of why a run needs them"},
	{"pkg/platform", nil, "it is a table, and knows nothing of what a scan does with it"},
	{"pkg/srcmap", places, "a map of lines does not know what the lines mean"},
	{"pkg/result", []string{"pkg/source"}, "findings are a leaf: analyzers write them, reports read them"},
	{"pkg/source", nil, "it is the leaf of all"},

	{"pkg/internal/archtest", nil, "it reads the code as data"},
	{"pkg/internal/conformance", slices.Concat(indexed, []string{"pkg/discover", "pkg/heap", "pkg/internal/leakset", "pkg/secret", "pkg/render", "pkg/render/...", "pkg/rule", "pkg/rules"}), "it measures renderers beside the programs that they must equal, and rules beside other tools' labels, secrets beside gitleaks"},
	{"pkg/internal/gen", nil, "it writes files and knows no rule"},
	{"pkg/internal/gen/code", []string{"pkg/internal/gen"}, "it must run while the rules do not compile"},
	{"pkg/internal/gen/docs", []string{"pkg/internal/gen", "pkg/internal/ruletest", "pkg/rule", "pkg/rules"}, "pages follow from rules and fixtures alone"},
	{"pkg/internal/gen/roles", []string{"pkg/internal/gen"}, "it reads modules that nothing else needs, and writes text"},
	{"pkg/internal/gen/schema", []string{"pkg/internal/gen"}, "it reads what Kubernetes publishes, and nothing of ours"},
	{"pkg/internal/golden", nil, "any test may use it"},
	{"pkg/internal/leakset", nil, "it reads labels and knows no scanner"},
	{"pkg/internal/imagetest", nil, "any test of images may use it"},
	{"pkg/internal/parallel", nil, "it runs what it is given"},
	{"pkg/internal/suggest", nil, "it compares words"},
	{"pkg/internal/ruletest", slices.Concat(indexed, []string{"pkg/intent", "pkg/render", "pkg/render/plain", "pkg/rule"}), "families without a chart among their fixtures must not link Helm"},
}

// library is a row of the table of libraries: an import path, or the start of
// one, that only these packages may import.
type library struct {
	path string
	only []string
	why  string
}

var libraries = []library{
	{"github.com/urfave/cli", []string{"pkg/cli"}, "flags are turned into a config.Config at once"},
	{"github.com/landlock-lsm/go-landlock", []string{"pkg/sandbox"}, "what it takes from the process is gone for good"},
	{"github.com/elastic/go-seccomp-bpf", []string{"pkg/sandbox"}, "as go-landlock"},
	{"helm.sh/helm", []string{"pkg/render/helm"}, "pkg/render/helm alone, so that the next major version can take its place"},
	{"gopkg.in/evanphx/json-patch.v4", []string{"pkg/render/kustomize"}, "krusty's, which has a limit that is global to the process"},
	{"sigs.k8s.io/kustomize", []string{"pkg/render/kustomize"}, "pkg/render/kustomize alone: its OpenAPI schema is global to the process, and one place must guard it"},
	{"github.com/zricethezav/gitleaks", []string{"pkg/secret"}, "pkg/secret alone: it configures itself through globals"},
	{"github.com/CycloneDX/cyclonedx-go", []string{"pkg/report", "pkg/image/bom", "pkg/image/vex"}, "a format is known to its writers and readers alone"},
	{"github.com/openvex/go-vex", []string{"pkg/image/vex"}, "its types and checks; what a statement covers is decided more strictly"},
	{"github.com/chavacava/garif", []string{"pkg/report"}, "pkg/report alone, where its omissions are mended"},
	{"github.com/google/go-containerregistry", []string{"pkg/dependency", "pkg/image/registry", "pkg/image/db"}, "it reaches the network, and must be given pkg/network's transport"},
	{"github.com/google/osv-scalibr/extractor", []string{"pkg/image/sbom"}, "pkg/image/sbom alone: its logger is global to the process"},
	{"github.com/google/osv-scalibr/semantic", []string{"pkg/image/match"}, "pkg/image/match alone, where its panics are caught"},
	{"github.com/google/osv-scalibr/enricher", nil, "its offline matcher misses in silence"},
	{"go.etcd.io/bbolt", []string{"pkg/image/match"}, "pkg/image/match alone, where its panics over damaged files are caught"},
	{"github.com/google/cel-go", []string{"pkg/cel"}, "pkg/cel alone: what runs a repository's expressions bounds them"},
	{"k8s.io/apiserver", []string{"pkg/cel"}, "for its CEL environment, limits and admission code alone"},
	{"k8s.io/apiextensions-apiserver", []string{"pkg/cel"}, "for the rules of custom resources alone"},
	{"k8s.io/api", []string{"pkg/cel"}, `for policies, which see objects as admission does; elsewhere typed objects erase "absent" against "false", and where a field is written`},
	{"k8s.io/apimachinery", []string{"pkg/cel"}, `for policies, which see objects as admission does; elsewhere typed objects erase "absent" against "false", and where a field is written`},
	{"k8s.io/pod-security-admission", nil, "the oracle of pkg/analysis/podsecurity's tests, which runs on typed pods"},
	{"k8s.io/client-go", []string{"pkg/cel"}, "for the list of typed objects alone: a scan has no cluster"},
	{"k8s.io/kube-openapi", []string{"pkg/schema", "pkg/cel"}, "the API server's own formats for values, and the form in which it is told how fields merge"},
	{"sigs.k8s.io/yaml", []string{"pkg/render/helm"}, "it drops positions: decode with yaml.v3 nodes, once"},
	{"github.com/go-git", []string{"pkg/git"}, "pkg/git alone, and there the object store only: its commands and transports run programs"},
	{"os/exec", []string{"pkg/image/trivy"}, "a scanned repository must not run a program; --image-scanner trivy is the operator's, and gets no argument that a repository worded"},
	{"net/http", []string{"pkg/network", "pkg/dependency", "pkg/image/registry", "pkg/image/db", "pkg/image/service", "pkg/image/trivy", "pkg/image/clair"}, "one client reaches the network, and only where the operator said so"},
	{"golang.org/x/net", []string{"pkg/network"}, "one client reaches the network, and only where the operator said so"},
	{"log", []string{"pkg/render/helm", "pkg/render/kustomize"}, "nothing prints but the reports and the progress, and no logger decides outcomes"},
	{"testing", nil, "test harnesses stay out of the binary"},
	{"unsafe", nil, "input is hostile"},
}

// call is a row of the table of calls: functions that shipped packages do not
// call, but for the exceptions, each with its own reason.
type call struct {
	funcs  []string // "path.Name"
	except map[string]string
	why    string
}

var calls = []call{
	{
		funcs: []string{
			"os.Open", "os.OpenFile", "os.OpenRoot", "os.ReadFile", "os.ReadDir", "os.Stat", "os.Lstat", "os.Readlink", "os.DirFS",
			"path/filepath.Walk", "path/filepath.WalkDir", "path/filepath.Glob", "path/filepath.EvalSymlinks",
		},
		except: map[string]string{
			"pkg/source":         "the confined view itself",
			"pkg/cache":          "the operator's cache, which is verified on reading",
			"pkg/git":            "the repository's own .git, which no change that is scanned can hold",
			"pkg/cli":            "the operator's own paths: the repository's root, --config, reports to replay",
			"pkg/image/db":       "the operator's own folder of vulnerability data, and what is imported into it",
			"pkg/image/match":    "the rows of an index that is being built",
			"pkg/sandbox":        "whether a path that the operator allows is a file or a directory",
			"pkg/image/registry": "images in files that the operator named on the command line",
		},
		why: "files of a scanned repository are read through source.Repo, which no link or \"..\" leaves",
	},
	{
		funcs: []string{
			"os.Create", "os.CreateTemp", "os.WriteFile", "os.Mkdir", "os.MkdirAll", "os.MkdirTemp",
			"os.Remove", "os.RemoveAll", "os.Rename", "os.Symlink", "os.Link", "os.Chmod", "os.Chdir", "os.Setenv",
		},
		except: map[string]string{
			"pkg/cli":         "the reports and files that were asked for",
			"pkg/cache":       "what was fetched, in the operator's cache",
			"pkg/image/db":    "the operator's own folder of vulnerability data",
			"pkg/image/match": "the rows of an index, and one that could not be finished",
			"pkg/image/sbom":  "large files of a layer, one at a time, removed at once",
			"pkg/image/trivy": "an image for the program trivy, removed when it has looked",
		},
		why: "a scan leaves nothing behind but the reports that were asked for",
	},
	{
		funcs:  []string{"os.Getenv", "os.LookupEnv", "os.Environ"},
		except: map[string]string{"pkg/cli": "kustoms ci asks for the CI platform's variables, which stand for flags, and prints what it made of them; credentials of a service that scans, which a command line would show; the environment that the program trivy is given a part of"},
		why:    "outcomes depend on the repository and the configuration alone",
	},
	{
		funcs:  []string{"os.Exit", "runtime.Goexit"},
		except: map[string]string{"cmd/kustoms": "only main exits"},
		why:    "only main exits, so that reports are always written",
	},
	{
		funcs: []string{"os.Stdin", "os.Stdout", "os.Stderr", "os.Args", "fmt.Print", "fmt.Printf", "fmt.Println"},
		except: map[string]string{
			"cmd/kustoms":          "main hands the streams down",
			"pkg/render/kustomize": "the library writes warnings there: they are caught and reported",
		},
		why: "streams are injected, so that every command is tested in process",
	},
	{
		funcs:  []string{"net.Dial", "net.DialTimeout", "net.Dialer", "net.Listen", "net.Resolver", "net.LookupHost", "net.LookupIP"},
		except: map[string]string{"pkg/network": "the one client, which asks the operator's policy first"},
		why:    "a scan reaches no network",
	},
	{
		funcs:  []string{"net/http.Get", "net/http.Head", "net/http.Post", "net/http.PostForm", "net/http.DefaultClient", "net/http.DefaultTransport", "net/http.Client", "net/http.Transport"},
		except: map[string]string{"pkg/network": "the one client; others are given a *network.Client"},
		why:    "a client of its own would ask no policy",
	},
	{
		funcs: []string{"time.Now", "time.Since", "math/rand.*", "math/rand/v2.*"},
		except: map[string]string{
			"pkg/cache":   "what was used last stays",
			"pkg/cli":     "today's date, for suppressions that expire",
			"pkg/network": "the wait before a request is made again, which must differ from run to run",
		},
		why: "two scans of one commit give the same bytes",
	},
}
