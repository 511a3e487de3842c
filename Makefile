# make without a target lists the targets. Versions are pinned in go.mod and clientjs/package-lock.json.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get

# Tests that drive a real browser are named TestBrowser...: these packages have some.
BROWSER = $$(git grep --untracked -l '^func TestBrowser' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|')
FUZZTIME ?= 30s
ARGS ?=

# count runs go test in the form that a program can read, and prints its outcome in the form that people can.
count = go test -json $(1) | go run ./conformance/cmd/summary

##@ Tests

.PHONY: test
test: tools vet gofmt generate-check go ts differ browser mutate ## everything, with a summary at the end
	@echo
	@echo "weft: all tests passed"
	@cat .build/go.txt .build/ts.txt .build/differ.txt .build/browser.txt .build/mutate.txt

.PHONY: tools
tools: clientjs/node_modules/.package-lock.json ## install what the tests need, if it is missing
	@command -v chromium >/dev/null || { $(APT) update -q && $(APT) install -q -y --no-install-recommends chromium; }
	@[ -x /usr/sbin/nginx ] && [ -x /usr/sbin/haproxy ] || $(SUDO) conformance/proxies/install.sh

clientjs/node_modules/.package-lock.json: clientjs/package-lock.json
	cd clientjs && npm ci
	@touch $@

.PHONY: vet
vet: ## go vet
	go vet ./...

.PHONY: gofmt
gofmt: ## fail where gofmt would change something
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi

.PHONY: go
go: .build tools ## Go tests under the race detector, but for the browser's
	$(call count,-race -timeout 10m -skip '^TestBrowser' ./...) | tee .build/go.log
	@{ printf '  go:      '; tail -n 1 .build/go.log; } >.build/go.txt

.PHONY: ts
ts: .build tools ## type check and tests of the TypeScript client
	cd clientjs && npm run check && npm test | tee ../.build/ts.log
	@awk '$$2 == "tests" && $$3 > 0 { n = $$3 } $$2 == "skipped" { s = $$3 } \
	END { if (!n) { print "no TypeScript test ran" >"/dev/stderr"; exit 1 } \
	printf "  ts:      %d passed, %d skipped\n", n - s, s }' .build/ts.log >.build/ts.txt

.PHONY: differ
differ: .build tools ## the same schedules through the Go and the TypeScript core, e.g. ARGS="-steps 1000000 -seed 7"
	go run ./conformance/cmd/differ -steps 100000 $(ARGS) | tee .build/differ.log
	@{ printf '  differ:  '; tail -n 1 .build/differ.log; } >.build/differ.txt

.PHONY: browser
browser: .build tools ## tests in a real Chromium, one package after the other: two browsers are too many for two cores
	$(call count,-race -timeout 10m -count 1 -p 1 -parallel 4 -run '^TestBrowser' $(BROWSER)) | tee .build/browser.log
	@{ printf '  browser: '; tail -n 1 .build/browser.log; } >.build/browser.txt

.PHONY: mutate
mutate: .build ## break the core's rules one at a time: each must be noticed; e.g. ARGS="-v -run ACK"
	go run ./conformance/cmd/mutate $(ARGS) | tee .build/mutate.log
	@{ printf '  core:    '; tail -n 1 .build/mutate.log; } >.build/mutate.txt

.build:
	@mkdir -p $@

##@ Generated files

.PHONY: generate
generate: tools ## make clientjs/dist from clientjs/src
	go generate ./...
	cd clientjs && npm run types

.PHONY: generate-check
generate-check: tools ## fail when clientjs/dist is not what clientjs/src makes
	cd clientjs && go run ./internal/bundle -check
	@cd clientjs && npm run types-check || { echo "run make generate and commit clientjs/dist"; exit 1; }

##@ Longer runs

.PHONY: simulate
simulate: ## the seeded simulator, e.g. ARGS="-runs 100000"
	go run ./conformance/cmd/simulate $(ARGS)

.PHONY: storm
storm: ## 2,000 clients cut at once, and their server killed, e.g. ARGS="-clients 500"
	go run ./conformance/cmd/storm $(ARGS)

.PHONY: drain
drain: ## a node shut down under 500 clients while another takes over, e.g. ARGS="-clients 100"
	go run ./conformance/cmd/drain $(ARGS)

.PHONY: connect
connect: tools ## how fast a browser is connected, as tables
	cd conformance/connect && go test -count 1 -timeout 20m -run '^TestBrowserConnect$$' -loads 15 $(ARGS)
	cd conformance/connect && go test -count 1 -timeout 20m -run '^TestBrowserSilentUDP$$' -loads 20 $(ARGS)

.PHONY: paths
paths: tools ## how long a browser holds on to a path that has died silently
	cd conformance/e2e && go test -count 1 -v -run '^TestBrowserPathDies$$' -slow -parallel 8 $(ARGS) | grep -v '^=== '

.PHONY: bench
bench: ## benchmarks, e.g. ARGS="-bench Fanout ./session"
	go test -run '^$$' -benchmem $(if $(ARGS),$(ARGS),-bench . ./...)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (30s)
	@git grep --untracked -hoE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' >/dev/null || { echo "no fuzz targets"; exit 1; }
	@git grep --untracked -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | while IFS=: read -r file func; do \
		echo "$$file $${func#func }"; \
		go test -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")"; \
	done

.PHONY: clean
clean: ## remove what make made and is not committed
	rm -rf .build clientjs/.build clientjs/.build-types clientjs/node_modules

##@ Help

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
