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

# Rewrite the generated parts of README.md.
docs:
	go test -run TestREADME -update .

bench:
	go test -run '^$$' -bench . -benchtime 200ms . ./kmstest/...

ci:
	bash .ci/run
