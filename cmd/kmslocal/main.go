// Kmslocal puts the KMS of package kmstest on a port of this machine, for clients
// in any language.
//
// It is for tests and development. It does not verify signatures, whoever reaches
// the port may use and delete every key, and its files are not encrypted: it is no
// place for a real secret.
//
// Usage:
//
//	go run github.com/kmskit/kmskit/cmd/kmslocal [flags] [command [arguments]]
//
// The flags are:
//
//	-addr host:port
//		where to listen; port 0 is a free one (default 127.0.0.1:4599,
//		with a command 127.0.0.1:0)
//	-region Region, -account account
//		the Region and account of seeded keys, and the account of
//		requests that no seeded principal makes (default us-east-1 and
//		111122223333)
//	-seed file
//		make the keys and principals in this YAML or JSON file, unless
//		they are there; the Seed method of kmstest.Server says what it
//		holds
//	-state file
//		keep everything in this file, as kmstest.Open does
//	-quotas
//		keep every account to the quotas of a new one, such as 50
//		aliases for each key
//	-v
//		log every request to standard error, without what it carries,
//		and why one is denied
//	-allow-remote
//		listen on an address that other machines can reach, and answer
//		web pages from anywhere, not of this machine only
//	-version
//		print the version and exit
//
// It prints one line that says how to point a client at it, and serves until it is
// interrupted. Requests that are under way are then answered. While it serves,
// GET / answers 200 with that line.
//
// With a command it prints nothing, and serves as long as the command runs, in whose
// environment the same settings are:
//
//	kmslocal -seed keys.yaml npm test
//
// The exit status is that of the command. Without one it is 0 after an interrupt. It
// is 1 if something failed and 2 if the command line is wrong.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20) // most of a world stays for good: to wait for twice as much wastes memory
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second interrupt is not waited for
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	os.Exit(status)
}
