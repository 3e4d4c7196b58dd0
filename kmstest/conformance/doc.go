// Package conformance checks whether something behaves as AWS KMS does: kmstest
// in this process, a server on a port, another emulator, or AWS itself.
//
// # What it costs
//
// An emulator costs nothing. On AWS, [Run] makes fewer than 200 keys in the client's
// Region and a handful of replicas in one more, sends fewer than 3,000 requests, and
// takes some minutes, since AWS limits how many requests it serves in a second. A
// key costs 1 USD a month, by the hour, and nothing while it waits for its deletion;
// a request costs from 0.03 to 12 USD for each 10,000, the latter for RSA data key
// pairs, of which there is one. So a run comes to less than 1 USD. At its end every
// key waits for its deletion, 7 days from then: a run that is killed leaves keys
// behind, whose description is kmstest/conformance, and aliases that begin with
// alias/conformance-.
//
// Run it in an account that is there for tests. It needs permission for kms:* and
// touches no key but its own, and the AWS managed key of Amazon S3, which it
// describes: AWS makes that key if it is not there, and takes nothing for it.
//
// # Running it
//
// Run takes a test and a function that makes a client, in the manner of
// [testing/slogtest]:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, func(testing.TB) *kms.Client { return client })
//	}
//
// Each case is a subtest that is named after an operation and what it does, and
// explains itself when it fails:
//
//	go test -run 'TestConformance/Decrypt/wrong_context'
//
// # What it checks
//
// The members that an answer must have and must not have, for every operation; the
// errors that the API Reference lists, as far as a client alone can reach them;
// the table of key states of the Developer Guide; the order in which KMS refuses a
// request that has several faults; dry runs, grant tokens, encryption contexts,
// pages, multi-Region keys and imported key material; the texts and the JSON of
// refusals, as clients in other languages see them. Signatures, MACs, shared
// secrets and public keys are checked against the standard library.
//
// Custom key stores need a CloudHSM cluster or an external key manager, and what
// takes days needs a clock: there the cases stop at what KMS says without them.
// Cases that need something that this KMS does not have, a quota for example,
// are skipped and say so.
//
// Changes on AWS take a while to be seen everywhere. Where answers come from AWS,
// a case that waits for one asks again for up to a minute; elsewhere it asks once.
//
// [testing/slogtest]: https://pkg.go.dev/testing/slogtest
package conformance
