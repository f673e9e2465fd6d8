GO ?= go
# Where the conformance tests find real charts, overlays and manifests.
CORPUS ?= ../shared/corpus
# How long each fuzz target runs.
FUZZTIME ?= 10s

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/kustoms
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/kustoms ./cmd/kustoms

.PHONY: test
test: ## Check formatting, vet, and run all tests (stale generated files fail)
	@files=$$(gofmt -l cmd docs examples pkg); [ -z "$$files" ] || { echo "not formatted, run gofmt -w:"; echo "$$files"; exit 1; }
	$(GO) vet ./...
	$(GO) test ./...

.PHONY: race
race: ## Run the tests of the concurrent packages with the race detector
	$(GO) test -race -short ./pkg/scan/... ./pkg/render/... ./pkg/rule/... ./pkg/result/...

.PHONY: lint
lint: ## Run golangci-lint (scripts/install-tools.sh installs the pinned one)
	PATH="$(CURDIR)/bin/tools:$$PATH" golangci-lint run

.PHONY: generate
generate: ## Write the generated files: the lists of rules, docs/rules, and the copies that platforms' layouts ask for
	$(GO) generate ./...
	cp ci-templates/github/action.yml action.yml
	cp ci-templates/sh/install.sh ci-templates/jenkins/resources/dev/kustoms/
	cp ci-templates/gitlab/kustoms.gitlab-ci.yml ci-templates/gitlab/templates/kustoms.yml

.PHONY: roles
roles: ## Rewrite the table of Kubernetes' own roles (downloads k8s.io/kubernetes)
	cd "$$(mktemp -d)" && for v in v1.33.0 v1.34.0 v1.35.4 v1.36.3 v1.37.2; do $(GO) mod download k8s.io/kubernetes@$$v || exit 1; done
	$(GO) run ./pkg/internal/gen/roles -cache "$$($(GO) env GOMODCACHE)"

.PHONY: schemas
schemas: ## Write the embedded schemas of Kubernetes' kinds (fetches the k8s.io/kubernetes modules)
	$(GO) run ./pkg/internal/gen/schema

.PHONY: golden
golden: ## Rewrite the golden files and examples/*/expect.txt; read the diff
	$(GO) test -count=1 $$($(GO) list -f '{{$$p := .ImportPath}}{{range .TestImports}}{{if eq . "github.com/kustoms-dev/kustoms/pkg/internal/golden"}}{{$$p}}{{end}}{{end}}{{range .XTestImports}}{{if eq . "github.com/kustoms-dev/kustoms/pkg/internal/golden"}} {{$$p}}{{end}}{{end}}' ./...) -update

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: ## Run the benchmarks
	KUSTOMS_CORPUS="$(abspath $(CORPUS))" $(GO) test -run '^$$' -bench . -benchmem ./pkg/scan/... ./pkg/image/...

.PHONY: bench-peers
bench-peers: build ## Time a scan, without and with a cache, beside helm template, gitleaks and what is on PATH: CORPUS=DIR
	$(GO) run ./pkg/internal/conformance -corpus "$(abspath $(CORPUS))" -only peers -kustoms "$(CURDIR)/bin/kustoms"

.PHONY: growth
growth: build ## Time scans of 1 to 2,000 charts and draw docs/growth.svg
	$(GO) run ./pkg/internal/conformance -corpus . -only growth -kustoms "$(CURDIR)/bin/kustoms" -plot docs/growth.svg

.PHONY: new-rule
new-rule: ## Scaffold a rule that has a row in the catalogue: make new-rule NAME=run-as-non-root
	$(GO) run ./pkg/internal/gen/code -dir pkg/rules -new "$(NAME)"

.PHONY: conformance
conformance: ## Compare with helm, kustomize, kubeconform, Pod Security admission and labelled manifests: CORPUS=DIR
	KUSTOMS_PODS=100000 $(GO) test -count=1 -v -run TestGenerated -timeout 30m ./pkg/analysis/podsecurity
	KUSTOMS_CORPUS="$(abspath $(CORPUS))" KUSTOMS_WHOLE_CORPUS=1 $(GO) test -count=1 -run TestFindsWhatGitleaksFinds ./pkg/secret
	KUSTOMS_CORPUS="$(abspath $(CORPUS))" $(GO) run ./pkg/internal/conformance

# Which of the end-to-end tests: make e2e E2E=GitLab
E2E ?= .

.PHONY: e2e
e2e: ## Install the pinned runners, and run the CI templates through them: E2E=GitLab for some
	scripts/install-tools.sh e2e
	KUSTOMS_E2E=1 $(GO) test -count=1 -timeout 30m -run '$(E2E)' ./pkg/internal/e2e ./pkg/image/native

.PHONY: check-reports
check-reports: ## Validate every report format with its consumer's own validator
	scripts/check-reports

.PHONY: picture
picture: build ## Take docs/report.png, the picture of the HTML report in the README
	scripts/picture

.PHONY: release-snapshot
release-snapshot: ## Build the release's archives, checksums and SBOMs into dist/, unsigned
	scripts/install-tools.sh release
	PATH="$(CURDIR)/bin/tools:$$PATH" goreleaser release --snapshot --clean --skip=sign,docker

.PHONY: reproducible
reproducible: ## Build the release's archives twice, in two places, and compare
	scripts/reproducible.sh
