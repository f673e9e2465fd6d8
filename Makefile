GO ?= go

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: build
build: ## Build bin/kustoms
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/kustoms ./cmd/kustoms

.PHONY: test
test: ## Run all tests
	$(GO) test ./...

.PHONY: generate
generate: ## Write the generated files
	$(GO) generate ./...

.PHONY: new-rule
new-rule: ## Scaffold a rule that has a row in the catalogue: make new-rule NAME=run-as-non-root
	$(GO) run ./pkg/internal/gen -dir pkg/rules -new $(NAME)
