// Package kmstest is an AWS Key Management Service that lives in the process of a
// test: real cryptography, real policies and KMS's own refusals, and no network
// and no account.
//
// # Three depths
//
// A [Server] is reached in three ways, which share one engine and one set of
// checks:
//
//   - [Server.Client] returns a [*kms.Client] of the SDK whose transport is the
//     Server: requests are signed, serialised and retried as ever.
//   - [Server.API] returns the operations themselves, for tests that make very
//     many calls. An [API] satisfies the interfaces that code accepts in place of
//     a client.
//   - A Server is an [http.Handler], so httptest.NewServer(srv) puts it on a port
//     for clients in any language. It is an [http.RoundTripper] too, so
//     http.Client{Transport: srv} reaches it without a port, for code that takes
//     such a client, as the first version of the SDK does.
//
// # What it promises
//
// What a client sees is what AWS would have sent: the same outputs, the same
// error codes and texts for the same mistakes, checked in the same order, in the
// same wire form. What a Server cannot do it refuses with
// UnsupportedOperationException; it never pretends. Requests with a Recipient are
// refused in this way unless [WithAttestationRoot] says whom to believe: see
// [Enclave]. The clusters and proxies behind custom key stores are those that
// [Server.SetCloudHSMCluster] and [Server.SetXKSProxy] describe; nothing is ever
// sent to them.
//
// Some things differ, all of them on purpose. Unless [WithDelays] says otherwise,
// changes are visible at once, and grants count without their token. A key is
// Creating or Updating until the next request, and a rotation is never in
// progress. Two wrapping keys of each length serve all imports in turn, since RSA
// keys take long to make. Quotas on the number of keys, aliases and grants are
// enforced if [WithQuotas] says so. Signatures are verified if
// [WithSignatureVerification] says so: else the access key of a request says whom
// it is from. The AWS managed key of a service is made when DescribeKey asks for
// its alias, alias/aws/s3 for example, and is listed from then on.
//
// # Principals and policies
//
// By default every call comes from one user, whose identity policy allows
// everything. [Server.Principal] makes other principals, in this account or any
// other, and AWS services. A test gives them identity policies, tags and IDs; key
// policies and grants then decide as they do in AWS. [WithConditionKey] adds what
// a request does not carry itself, such as the VPC endpoint that it came through
// or the service that makes it on a principal's behalf. [WithOrganization] puts
// accounts into an organization. Permissions boundaries and the policies of
// organizations and VPC endpoints are not modelled.
//
// Every principal exists, unless [WithKnownPrincipals] says which ones do. KMS
// accepts some things in a policy that have no effect, such as an operator that
// there is not, and so does a Server. With [WithStrictPolicies] it refuses them.
//
// # Calls and why they were refused
//
// A Server keeps a log of the last requests that came to it. [Server.Calls] returns
// what each of them asked for, its error code, and which statement or grant
// decided, and never a plaintext. [Server.CallCount] counts them. [Server.Explain]
// takes the error that a client got and says why: which statements nearly applied,
// and which element or condition of each did not match. If a ciphertext could not
// be opened, it lists the encryption contexts that the key has encrypted under.
//
// # Bad days
//
// [Server.Inject] makes requests fail as they do in production: throttled, slow,
// with an internal error, on a connection that is reset. A [Fault] says which
// requests it is for, and whether it strikes before the operation has had its
// effect or after it, where retries do things twice.
//
// With [WithDelays] the Server is as eventually consistent as KMS: what was just
// made is not found, what was just changed is as before, and a grant counts with
// its token only, for a time that differs from reader to reader.
//
// Both depend on the seed of [WithSeed]: the same calls in the same order meet the
// same faults and delays. Only an injected latency takes time, and so does a client
// that waits before it retries: up to seconds by the clock of the process, but no
// time in a testing/synctest bubble.
//
// # Time and names
//
// Time is that of the Server's clock: [time.Now], unless [WithClock] says
// otherwise, plus what [Server.Advance] adds. A Server starts no goroutine, and no
// timer but for an injected latency, so it works inside a testing/synctest bubble.
// With [WithSeed] the names that KMS makes up, key IDs first of all, are the same
// in every run.
//
// # Worlds that stay
//
// A Server of [New] is gone with its process. That of [Open] keeps its world in a
// file, through crashes too.
package kmstest
