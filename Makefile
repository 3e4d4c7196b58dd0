# Shortcuts for people; .ci/run is what decides.
.PHONY: test race lint fmt docs bench ci

test:
	go test ./...

race:
	go test -race ./...

lint:
	go tool -modfile=tools/go.mod golangci-lint run ./...

fmt:
	go tool -modfile=tools/go.mod gofumpt -w .

# Rewrite what is generated: README.md's list, docs/snippets.json, .doc_gen/metadata.
docs:
	go test -run 'TestREADME|TestSnippets|TestMetadata' -update .

bench:
	go test -run '^$$' -bench . -benchtime 200ms . ./kmstest/... ./cmd/...

ci:
	bash .ci/run
