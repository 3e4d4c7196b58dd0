package kmskit_test

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kmskit/kmskit"
)

// everyAPI is what the wrappers and the plain calls are compared over: the
// SDK's client, or a fake.
type everyAPI interface {
	kmskit.KeyAPI
	kmskit.EncryptionAPI
	kmskit.AliasAPI
	kmskit.GrantAPI
	kmskit.PolicyAPI
}

// A comparison is a method of the package beside the plain code that does the
// same: the call, with the input that the method would send, and a look at the
// part of the output that the method would return.
type comparison struct {
	name string
	over func(everyAPI) (plain, wrapped func(context.Context) error)
	// extra is how many allocations the method may add.
	extra float64
}

// The results of the plain code go here, so that it is not optimised away.
var (
	sinkBytes    []byte
	sinkString   string
	sinkTime     time.Time
	sinkMetadata *types.KeyMetadata
	sinkPolicy   *kmskit.PolicyDocument
	sinkDataKey  *kmskit.DataKey
	sinkGrant    kmskit.Grant
)

type call = func(context.Context) error

func comparisons() []comparison {
	plaintext, ciphertext := []byte("0123456789abcdef"), []byte("sealed")
	decrypt := []types.GrantOperation{types.GrantOperationDecrypt}
	return []comparison{
		{name: "CreateKey", over: func(api everyAPI) (call, call) {
			keys := kmskit.NewKeyManager(api)
			return func(ctx context.Context) error {
					out, err := api.CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("orders")})
					if err == nil {
						sinkMetadata = out.KeyMetadata
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkMetadata, err = keys.CreateKey(ctx, "orders")
					return err
				}
		}},
		{name: "DescribeKey", over: func(api everyAPI) (call, call) {
			keys := kmskit.NewKeyManager(api)
			return func(ctx context.Context) error {
					out, err := api.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(fakeKeyID)})
					if err == nil {
						sinkMetadata = out.KeyMetadata
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkMetadata, err = keys.DescribeKey(ctx, fakeKeyID)
					return err
				}
		}},
		{name: "ListKeys", extra: 1, over: func(api everyAPI) (call, call) {
			keys := kmskit.NewKeyManager(api)
			return func(ctx context.Context) error {
					for pages := kms.NewListKeysPaginator(api, &kms.ListKeysInput{}); pages.HasMorePages(); {
						page, err := pages.NextPage(ctx)
						if err != nil {
							return err
						}
						for _, key := range page.Keys {
							sinkString = *key.KeyArn
						}
					}
					return nil
				}, func(ctx context.Context) error {
					for key, err := range keys.ListKeys(ctx) {
						if err != nil {
							return err
						}
						sinkString = *key.KeyArn
					}
					return nil
				}
		}},
		{name: "EnableKey", over: func(api everyAPI) (call, call) {
			keys := kmskit.NewKeyManager(api)
			return func(ctx context.Context) error {
					_, err := api.EnableKey(ctx, &kms.EnableKeyInput{KeyId: aws.String(fakeKeyID)})
					return err
				}, func(ctx context.Context) error {
					return keys.EnableKey(ctx, fakeKeyID)
				}
		}},
		{name: "DisableKey", over: func(api everyAPI) (call, call) {
			keys := kmskit.NewKeyManager(api)
			return func(ctx context.Context) error {
					_, err := api.DisableKey(ctx, &kms.DisableKeyInput{KeyId: aws.String(fakeKeyID)})
					return err
				}, func(ctx context.Context) error {
					return keys.DisableKey(ctx, fakeKeyID)
				}
		}},
		{name: "ScheduleKeyDeletion", over: func(api everyAPI) (call, call) {
			keys := kmskit.NewKeyManager(api)
			return func(ctx context.Context) error {
					out, err := api.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{
						KeyId: aws.String(fakeKeyID), PendingWindowInDays: aws.Int32(7),
					})
					if err == nil {
						sinkTime = *out.DeletionDate
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkTime, err = keys.ScheduleKeyDeletion(ctx, fakeKeyID, 7)
					return err
				}
		}},
		{name: "CancelKeyDeletion", over: func(api everyAPI) (call, call) {
			keys := kmskit.NewKeyManager(api)
			return func(ctx context.Context) error {
					_, err := api.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: aws.String(fakeKeyID)})
					return err
				}, func(ctx context.Context) error {
					return keys.CancelKeyDeletion(ctx, fakeKeyID)
				}
		}},

		{name: "Encrypt", over: func(api everyAPI) (call, call) {
			enc := kmskit.NewEncryptor(api)
			return func(ctx context.Context) error {
					out, err := api.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String(fakeKeyID), Plaintext: plaintext})
					if err == nil {
						sinkBytes = out.CiphertextBlob
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkBytes, err = enc.Encrypt(ctx, fakeKeyID, plaintext)
					return err
				}
		}},
		{name: "Decrypt", over: func(api everyAPI) (call, call) {
			enc := kmskit.NewEncryptor(api)
			return func(ctx context.Context) error {
					out, err := api.Decrypt(ctx, &kms.DecryptInput{KeyId: aws.String(fakeKeyID), CiphertextBlob: ciphertext})
					if err == nil {
						sinkBytes = out.Plaintext
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkBytes, err = enc.Decrypt(ctx, fakeKeyID, ciphertext)
					return err
				}
		}},
		{name: "DecryptWithContext", over: func(api everyAPI) (call, call) {
			pairs := map[string]string{"tenant": "blue", "table": "orders"}
			enc := kmskit.NewEncryptor(api).WithEncryptionContext(pairs)
			return func(ctx context.Context) error {
					out, err := api.Decrypt(ctx, &kms.DecryptInput{
						KeyId: aws.String(fakeKeyID), CiphertextBlob: ciphertext, EncryptionContext: pairs,
					})
					if err == nil {
						sinkBytes = out.Plaintext
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkBytes, err = enc.Decrypt(ctx, fakeKeyID, ciphertext)
					return err
				}
		}},
		{name: "ReEncrypt", over: func(api everyAPI) (call, call) {
			enc := kmskit.NewEncryptor(api)
			return func(ctx context.Context) error {
					out, err := api.ReEncrypt(ctx, &kms.ReEncryptInput{
						SourceKeyId: aws.String(fakeKeyID), CiphertextBlob: ciphertext, DestinationKeyId: aws.String(fakeOtherKeyID),
					})
					if err == nil {
						sinkBytes = out.CiphertextBlob
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkBytes, err = enc.ReEncrypt(ctx, fakeKeyID, ciphertext, fakeOtherKeyID)
					return err
				}
		}},
		// Beside the DataKey, the function that hides the plaintext from reflection.
		{name: "GenerateDataKey", extra: 2, over: func(api everyAPI) (call, call) {
			enc := kmskit.NewEncryptor(api)
			return func(ctx context.Context) error {
					out, err := api.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: aws.String(fakeKeyID), KeySpec: types.DataKeySpecAes256})
					if err == nil {
						sinkBytes = out.Plaintext
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkDataKey, err = enc.GenerateDataKey(ctx, fakeKeyID)
					return err
				}
		}},
		{name: "GenerateDataKeyWithoutPlaintext", extra: 1, over: func(api everyAPI) (call, call) {
			enc := kmskit.NewEncryptor(api)
			return func(ctx context.Context) error {
					out, err := api.GenerateDataKeyWithoutPlaintext(ctx, &kms.GenerateDataKeyWithoutPlaintextInput{
						KeyId: aws.String(fakeKeyID), KeySpec: types.DataKeySpecAes256,
					})
					if err == nil {
						sinkBytes = out.CiphertextBlob
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkDataKey, err = enc.GenerateDataKeyWithoutPlaintext(ctx, fakeKeyID)
					return err
				}
		}},

		{name: "CreateAlias", over: func(api everyAPI) (call, call) {
			aliases := kmskit.NewAliasManager(api)
			return func(ctx context.Context) error {
					_, err := api.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(fakeAlias), TargetKeyId: aws.String(fakeKeyID)})
					return err
				}, func(ctx context.Context) error {
					return aliases.CreateAlias(ctx, fakeAlias, fakeKeyID)
				}
		}},
		{name: "ListAliases", extra: 1, over: func(api everyAPI) (call, call) {
			aliases := kmskit.NewAliasManager(api)
			return func(ctx context.Context) error {
					for pages := kms.NewListAliasesPaginator(api, &kms.ListAliasesInput{}); pages.HasMorePages(); {
						page, err := pages.NextPage(ctx)
						if err != nil {
							return err
						}
						for _, alias := range page.Aliases {
							sinkString = *alias.AliasName
						}
					}
					return nil
				}, func(ctx context.Context) error {
					for alias, err := range aliases.ListAliases(ctx) {
						if err != nil {
							return err
						}
						sinkString = *alias.AliasName
					}
					return nil
				}
		}},
		{name: "UpdateAlias", over: func(api everyAPI) (call, call) {
			aliases := kmskit.NewAliasManager(api)
			return func(ctx context.Context) error {
					_, err := api.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: aws.String(fakeAlias), TargetKeyId: aws.String(fakeKeyID)})
					return err
				}, func(ctx context.Context) error {
					return aliases.UpdateAlias(ctx, fakeAlias, fakeKeyID)
				}
		}},
		{name: "DeleteAlias", over: func(api everyAPI) (call, call) {
			aliases := kmskit.NewAliasManager(api)
			return func(ctx context.Context) error {
					_, err := api.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String(fakeAlias)})
					return err
				}, func(ctx context.Context) error {
					return aliases.DeleteAlias(ctx, fakeAlias)
				}
		}},

		{name: "CreateGrant", over: func(api everyAPI) (call, call) {
			grants := kmskit.NewGrantManager(api)
			return func(ctx context.Context) error {
					out, err := api.CreateGrant(ctx, &kms.CreateGrantInput{
						KeyId: aws.String(fakeKeyID), GranteePrincipal: aws.String(fakeRole), Operations: decrypt,
					})
					if err == nil {
						sinkGrant = kmskit.Grant{ID: *out.GrantId, Token: *out.GrantToken}
					}
					return err
				}, func(ctx context.Context) (err error) {
					sinkGrant, err = grants.CreateGrant(ctx, fakeKeyID, fakeRole, decrypt)
					return err
				}
		}},
		{name: "ListGrants", extra: 1, over: func(api everyAPI) (call, call) {
			grants := kmskit.NewGrantManager(api)
			return func(ctx context.Context) error {
					for pages := kms.NewListGrantsPaginator(api, &kms.ListGrantsInput{KeyId: aws.String(fakeKeyID)}); pages.HasMorePages(); {
						page, err := pages.NextPage(ctx)
						if err != nil {
							return err
						}
						for _, grant := range page.Grants {
							sinkString = *grant.GrantId
						}
					}
					return nil
				}, func(ctx context.Context) error {
					for grant, err := range grants.ListGrants(ctx, fakeKeyID) {
						if err != nil {
							return err
						}
						sinkString = *grant.GrantId
					}
					return nil
				}
		}},
		{name: "ListRetirableGrants", extra: 1, over: func(api everyAPI) (call, call) {
			grants := kmskit.NewGrantManager(api)
			return func(ctx context.Context) error {
					for pages := kms.NewListRetirableGrantsPaginator(api, &kms.ListRetirableGrantsInput{RetiringPrincipal: aws.String(fakeRole)}); pages.HasMorePages(); {
						page, err := pages.NextPage(ctx)
						if err != nil {
							return err
						}
						for _, grant := range page.Grants {
							sinkString = *grant.GrantId
						}
					}
					return nil
				}, func(ctx context.Context) error {
					for grant, err := range grants.ListRetirableGrants(ctx, fakeRole) {
						if err != nil {
							return err
						}
						sinkString = *grant.GrantId
					}
					return nil
				}
		}},
		{name: "RetireGrant", over: func(api everyAPI) (call, call) {
			grants := kmskit.NewGrantManager(api)
			return func(ctx context.Context) error {
					_, err := api.RetireGrant(ctx, &kms.RetireGrantInput{GrantToken: aws.String(fakeGrantToken)})
					return err
				}, func(ctx context.Context) error {
					return grants.RetireGrant(ctx, fakeGrantToken)
				}
		}},
		{name: "RetireGrantByID", over: func(api everyAPI) (call, call) {
			grants := kmskit.NewGrantManager(api)
			return func(ctx context.Context) error {
					_, err := api.RetireGrant(ctx, &kms.RetireGrantInput{KeyId: aws.String(fakeKeyARN), GrantId: aws.String(fakeGrantID)})
					return err
				}, func(ctx context.Context) error {
					return grants.RetireGrantByID(ctx, fakeKeyARN, fakeGrantID)
				}
		}},
		{name: "RevokeGrant", over: func(api everyAPI) (call, call) {
			grants := kmskit.NewGrantManager(api)
			return func(ctx context.Context) error {
					_, err := api.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: aws.String(fakeKeyID), GrantId: aws.String(fakeGrantID)})
					return err
				}, func(ctx context.Context) error {
					return grants.RevokeGrant(ctx, fakeKeyID, fakeGrantID)
				}
		}},

		// Policies: who calls KMS plainly has to read and write the document
		// too, so the plain code does it with the same functions. What is
		// compared is the method around them.
		{name: "GetKeyPolicy", over: func(api everyAPI) (call, call) {
			policies := kmskit.NewPolicyManager(api)
			return func(ctx context.Context) error {
					out, err := api.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: aws.String(fakeKeyID)})
					if err != nil {
						return err
					}
					sinkPolicy, err = kmskit.ParsePolicyDocument(*out.Policy)
					return err
				}, func(ctx context.Context) (err error) {
					sinkPolicy, err = policies.GetKeyPolicy(ctx, fakeKeyID)
					return err
				}
		}},
		// The check that the text is JSON copies it, but only under the race
		// detector, which keeps the compiler from reading the string in place.
		{name: "PutKeyPolicy", extra: 2, over: func(api everyAPI) (call, call) {
			policies, policy := kmskit.NewPolicyManager(api), document(statement("read", "kms:Decrypt", "kms:DescribeKey"))
			return func(ctx context.Context) error {
					text, err := policy.MarshalJSON()
					if err != nil {
						return err
					}
					_, err = api.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: aws.String(fakeKeyID), Policy: aws.String(string(text))})
					return err
				}, func(ctx context.Context) error {
					return policies.PutKeyPolicy(ctx, fakeKeyID, policy)
				}
		}},
		{name: "AddStatement", extra: 2, over: func(api everyAPI) (call, call) {
			policies, added := kmskit.NewPolicyManager(api), statement("read", "kms:Decrypt", "kms:DescribeKey")
			return func(ctx context.Context) error {
					out, err := api.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: aws.String(fakeKeyID)})
					if err != nil {
						return err
					}
					policy, err := kmskit.ParsePolicyDocument(*out.Policy)
					if err != nil {
						return err
					}
					at := slices.IndexFunc(policy.Statement, func(s kmskit.Statement) bool { return s.Sid == added.Sid })
					if at < 0 {
						policy.Statement = append(policy.Statement, added)
					} else {
						policy.Statement[at] = added
					}
					text, err := policy.MarshalJSON()
					if err != nil {
						return err
					}
					_, err = api.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: aws.String(fakeKeyID), Policy: aws.String(string(text))})
					return err
				}, func(ctx context.Context) error {
					return policies.AddStatement(ctx, fakeKeyID, added)
				}
		}},
		{name: "ListKeyPolicies", extra: 1, over: func(api everyAPI) (call, call) {
			policies := kmskit.NewPolicyManager(api)
			return func(ctx context.Context) error {
					for pages := kms.NewListKeyPoliciesPaginator(api, &kms.ListKeyPoliciesInput{KeyId: aws.String(fakeKeyID)}); pages.HasMorePages(); {
						page, err := pages.NextPage(ctx)
						if err != nil {
							return err
						}
						for _, name := range page.PolicyNames {
							sinkString = name
						}
					}
					return nil
				}, func(ctx context.Context) error {
					for name, err := range policies.ListKeyPolicies(ctx, fakeKeyID) {
						if err != nil {
							return err
						}
						sinkString = name
					}
					return nil
				}
		}},
	}
}

// cannedAnswers is what KMS answers to each operation when all is well.
var cannedAnswers = map[string]string{
	"CreateKey":           `{"KeyMetadata":{"AWSAccountId":"111122223333","Arn":"` + fakeKeyARN + `","CreationDate":1772841600.5,"Description":"orders","Enabled":true,"KeyId":"` + fakeKeyID + `","KeyManager":"CUSTOMER","KeySpec":"SYMMETRIC_DEFAULT","KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT","MultiRegion":false,"Origin":"AWS_KMS","EncryptionAlgorithms":["SYMMETRIC_DEFAULT"]}}`,
	"DescribeKey":         `{"KeyMetadata":{"AWSAccountId":"111122223333","Arn":"` + fakeKeyARN + `","CreationDate":1772841600.5,"Description":"orders","Enabled":true,"KeyId":"` + fakeKeyID + `","KeyManager":"CUSTOMER","KeySpec":"SYMMETRIC_DEFAULT","KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT","MultiRegion":false,"Origin":"AWS_KMS","EncryptionAlgorithms":["SYMMETRIC_DEFAULT"]}}`,
	"ListKeys":            `{"Keys":[{"KeyArn":"` + fakeKeyARN + `","KeyId":"` + fakeKeyID + `"}],"Truncated":false}`,
	"EnableKey":           ``,
	"DisableKey":          ``,
	"ScheduleKeyDeletion": `{"KeyId":"` + fakeKeyARN + `","DeletionDate":1772841600,"KeyState":"PendingDeletion","PendingWindowInDays":7}`,
	"CancelKeyDeletion":   `{"KeyId":"` + fakeKeyARN + `"}`,

	"Encrypt":                         `{"CiphertextBlob":"c2VhbGVk","EncryptionAlgorithm":"SYMMETRIC_DEFAULT","KeyId":"` + fakeKeyARN + `"}`,
	"Decrypt":                         `{"EncryptionAlgorithm":"SYMMETRIC_DEFAULT","KeyId":"` + fakeKeyARN + `","Plaintext":"b3BlbmVk"}`,
	"ReEncrypt":                       `{"CiphertextBlob":"c2VhbGVk","KeyId":"` + fakeKeyARN + `","SourceKeyId":"` + fakeKeyARN + `"}`,
	"GenerateDataKey":                 `{"CiphertextBlob":"c2VhbGVk","KeyId":"` + fakeKeyARN + `","Plaintext":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}`,
	"GenerateDataKeyWithoutPlaintext": `{"CiphertextBlob":"c2VhbGVk","KeyId":"` + fakeKeyARN + `"}`,

	"CreateAlias": ``,
	"ListAliases": `{"Aliases":[{"AliasArn":"arn:aws:kms:us-east-2:111122223333:alias/orders","AliasName":"alias/orders","TargetKeyId":"` + fakeKeyID + `"}],"Truncated":false}`,
	"UpdateAlias": ``,
	"DeleteAlias": ``,

	"CreateGrant":         `{"GrantId":"` + fakeGrantID + `","GrantToken":"` + fakeGrantToken + `"}`,
	"ListGrants":          `{"Grants":[{"GrantId":"` + fakeGrantID + `","KeyId":"` + fakeKeyARN + `","GranteePrincipal":"` + fakeRole + `","Operations":["Decrypt"]}],"Truncated":false}`,
	"ListRetirableGrants": `{"Grants":[{"GrantId":"` + fakeGrantID + `","KeyId":"` + fakeKeyARN + `","GranteePrincipal":"` + fakeRole + `","Operations":["Decrypt"]}],"Truncated":false}`,
	"RetireGrant":         ``,
	"RevokeGrant":         ``,

	"GetKeyPolicy":    `{"Policy":` + strconv.Quote(fakePolicy) + `,"PolicyName":"default"}`,
	"PutKeyPolicy":    ``,
	"ListKeyPolicies": `{"PolicyNames":["default"],"Truncated":false}`,
}

// cannedClient returns a client that gets its answers from cannedAnswers.
func cannedClient() *kms.Client {
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Requestid": {"11112222-3333-4444-5555-666677778888"}}
	return clientOver(roundTripper(func(req *http.Request) (*http.Response, error) {
		answer, ok := cannedAnswers[strings.TrimPrefix(req.Header.Get("X-Amz-Target"), "TrentService.")]
		if !ok {
			return nil, http.ErrNotSupported
		}
		_, err := io.Copy(io.Discard, req.Body)
		return &http.Response{
			StatusCode: http.StatusOK, Header: header, ContentLength: int64(len(answer)), Request: req,
			Body: io.NopCloser(strings.NewReader(answer)),
		}, err
	}))
}

// BenchmarkWrappers compares each method with the plain call on the same client,
// whose transport answers from memory. Single calls of both alternate, so that
// what else the machine does falls on both alike. It reports the median time of
// each, the ratio of the two, and the allocations of each.
//
//	go test -run '^$' -bench Wrappers .
func BenchmarkWrappers(b *testing.B) {
	for _, c := range comparisons() {
		b.Run(c.name, func(b *testing.B) {
			plain, wrapped := c.over(cannedClient())
			compare(b, plain, wrapped)
		})
	}
}

func compare(b *testing.B, plain, wrapped call) {
	b.Helper()
	ctx := b.Context()
	measure := func(f call) float64 {
		begin := time.Now()
		err := f(ctx)
		took := time.Since(begin)
		if err != nil {
			b.Fatal(err)
		}
		return float64(took.Nanoseconds())
	}

	var plainTimes, wrappedTimes []float64
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 { // who comes second meets the warmer cache
			plainTimes = append(plainTimes, measure(plain))
			wrappedTimes = append(wrappedTimes, measure(wrapped))
		} else {
			wrappedTimes = append(wrappedTimes, measure(wrapped))
			plainTimes = append(plainTimes, measure(plain))
		}
	}

	b.ReportMetric(0, "ns/op") // of a pair of calls: says nothing
	b.ReportMetric(median(plainTimes), "sdk-ns/call")
	b.ReportMetric(median(wrappedTimes), "kmskit-ns/call")
	b.ReportMetric(median(wrappedTimes)/median(plainTimes), "ratio")
	b.ReportMetric(testing.AllocsPerRun(200, func() { _ = plain(ctx) }), "sdk-allocs/call")
	b.ReportMetric(testing.AllocsPerRun(200, func() { _ = wrapped(ctx) }), "kmskit-allocs/call")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// TestAllocations holds how much each method allocates beyond the plain call. It
// is not parallel: allocations are counted in the whole process.
func TestAllocations(t *testing.T) { //nolint:paralleltest // see above
	if raceDetector {
		t.Skip("the race detector empties pools at random")
	}
	for _, c := range comparisons() {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			f.silent = true
			ctx := t.Context()
			plain, wrapped := c.over(f)
			require.NoError(t, plain(ctx))
			require.NoError(t, wrapped(ctx))
			without := testing.AllocsPerRun(100, func() { _ = plain(ctx) })
			with := testing.AllocsPerRun(100, func() { _ = wrapped(ctx) })
			assert.LessOrEqual(t, with-without, c.extra, "%v allocations, %v without the method", with, without)
		})
	}
}

// pagingKMS is a KMS with n keys, which exist only while their page is asked for.
type pagingKMS struct {
	kmskit.KeyAPI
	n int
}

func (m pagingKMS) ListKeys(_ context.Context, in *kms.ListKeysInput, _ ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
	from := 0
	if in.Marker != nil {
		var err error
		if from, err = strconv.Atoi(*in.Marker); err != nil {
			return nil, err
		}
	}
	size := 100
	if in.Limit != nil {
		size = int(*in.Limit)
	}
	out := &kms.ListKeysOutput{}
	for i := from; i < min(from+size, m.n); i++ {
		id := strconv.Itoa(i)
		out.Keys = append(out.Keys, types.KeyListEntry{
			KeyId:  aws.String(fakeKeyID[:len(fakeKeyID)-len(id)] + id),
			KeyArn: aws.String(fakeKeyARN[:len(fakeKeyARN)-len(id)] + id),
		})
	}
	if from+size < m.n {
		out.Truncated, out.NextMarker = true, aws.String(strconv.Itoa(from+size))
	}
	return out, nil
}

// BenchmarkListKeys ranges over 100,000 keys and reports the most memory that
// was held on the way: by one page, or by the slice of who collects them.
func BenchmarkListKeys(b *testing.B) {
	const n = 100_000
	list := kmskit.NewKeyManager(pagingKMS{n: n}).ListKeys

	b.Run("ranging", func(b *testing.B) {
		peak := newHeapPeak()
		for b.Loop() {
			i := 0
			for key, err := range list(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				sinkString = *key.KeyArn
				if i++; i%(n/20) == 0 {
					peak.sample()
				}
			}
			if i != n {
				b.Fatalf("ranged over %d keys", i)
			}
		}
		peak.report(b)
	})

	b.Run("collecting", func(b *testing.B) {
		peak := newHeapPeak()
		for b.Loop() {
			var all []types.KeyListEntry
			for key, err := range list(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, key)
				if len(all)%(n/20) == 0 {
					peak.sample()
				}
			}
			if len(all) != n {
				b.Fatalf("collected %d keys", len(all))
			}
		}
		peak.report(b)
	})
}

// heapPeak measures the most live heap above what was there at the beginning.
type heapPeak struct{ base, most uint64 }

func newHeapPeak() *heapPeak {
	return &heapPeak{base: liveHeap()}
}

func (h *heapPeak) sample() {
	h.most = max(h.most, liveHeap())
}

func (h *heapPeak) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // of the garbage collector, for the most part
	b.ReportMetric(float64(h.most-min(h.base, h.most)), "peak-B")
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
