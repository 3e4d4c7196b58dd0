package kmstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/kmskit/kmskit"
	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// A managedService is an AWS service that has a KMS key of its own, an AWS managed
// key, in every account and Region.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
type managedService struct {
	alias     string // after alias/aws/
	via       string // the service as kms:ViaService names it, without the Region
	name      string
	protects  string
	policyID  string
	viaGrants bool // it uses its key by grants
}

var managedServices = []managedService{
	{"acm", "acm", "ACM", "ACM private keys", "auto-acm-3", true},
	{"backup", "backup", "Backup", "Backup data", "auto-backup-1", true},
	{"codecommit", "codecommit", "CodeCommit", "CodeCommit repositories", "auto-codecommit-1", false},
	{"dynamodb", "dynamodb", "Amazon DynamoDB", "DynamoDB data", "auto-dynamodb-1", true},
	{"ebs", "ec2", "EBS", "EBS volumes", "auto-ebs-2", true},
	{"elasticfilesystem", "elasticfilesystem", "EFS", "EFS filesystems", "auto-elasticfilesystem-1", true},
	{"es", "es", "Amazon Elasticsearch Service", "Elasticsearch data", "auto-es-1", true},
	{"fsx", "fsx", "FSx", "FSx filesystems", "auto-fsx-1", true},
	{"glue", "glue", "Glue", "Glue data", "auto-glue-1", true},
	{"kinesis", "kinesis", "Kinesis", "Kinesis data", "auto-kinesis-1", false},
	{"kinesisvideo", "kinesisvideo", "Kinesis Video Streams", "Kinesis Video Streams data", "auto-kinesisvideo-1", false},
	{"lambda", "lambda", "AWS Lambda", "Lambda functions", "auto-awslambda", true},
	{"rds", "rds", "RDS", "RDS database volumes", "auto-rds-2", true},
	{"redshift", "redshift", "Redshift", "Redshift clusters", "auto-redshift-1", true},
	{"s3", "s3", "S3", "S3 objects", "auto-s3-2", false},
	{"secretsmanager", "secretsmanager", "AWS Secrets Manager", "Secrets Manager data", "auto-secretsmanager-2", true},
	{"sns", "sns", "SNS", "SNS data", "auto-sns-1", true},
	{"sqs", "sqs", "SQS", "SQS messages", "auto-sqs-1", true},
	{"ssm", "ssm", "SSM", "SSM parameters", "auto-ssm-1", false},
	{"xray", "xray", "X-Ray", "X-Ray data", "auto-xray-1", true},
}

// predefinedAlias returns the service that a KeyId names by the alias of its key,
// unless the caller sees that the key is there already.
func (c *call) predefinedAlias(keyID string) (s managedService, missing bool) {
	if !strings.Contains(keyID, reservedPrefix) {
		return managedService{}, false
	}
	ref, err := c.parseReference(keyID)
	if err != nil || ref.place != c.region.place {
		return managedService{}, false
	}
	name, ok := strings.CutPrefix(ref.alias, reservedPrefix)
	i := slices.IndexFunc(managedServices, func(s managedService) bool { return s.alias == name })
	if !ok || i < 0 {
		return managedService{}, false
	}
	c.server.mu.RLock()
	defer c.server.mu.RUnlock()
	return managedServices[i], c.alias(c.region, ref.alias) == nil
}

// createManagedKey makes the AWS managed key of a service, for whoever asks for it
// first and would be allowed to see it.
func (c *call) createManagedKey(s managedService, in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	k, err := c.newManagedKey(s)
	if err != nil {
		return nil, err
	}
	name := reservedPrefix + s.alias
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if a := c.region.aliases[name]; a != nil { // somebody was faster
		k = a.target
	}
	u := use{keyID: *in.KeyId, alias: name, grantTokens: in.GrantTokens}
	if _, err := c.admit(k, &u); err != nil {
		return nil, err
	}
	if c.region.aliases[name] == nil {
		if err := c.admitsChange(); err != nil {
			return nil, err
		}
		c.rememberAlias(name, nil)
		c.server.addKey(k)
		c.server.addAlias(&alias{name: name, arn: c.region.arn(name), created: c.now, updated: c.now, target: k})
		c.server.scheduleRotation(k.ring)
		c.dependOn(k)
	}
	return &kms.DescribeKeyOutput{KeyMetadata: k.metadata(k.face)}, nil
}

func (c *call) newManagedKey(s managedService) (*key, error) {
	k := &key{
		traits: traits{
			region: c.region, spec: types.KeySpecSymmetricDefault, usage: types.KeyUsageTypeEncryptDecrypt,
			origin: types.OriginTypeAwsKms, managed: true, created: c.now,
		},
		face:        face{state: types.KeyStateEnabled},
		description: "Default key that protects my " + s.protects + " when no other key is defined",
	}
	k.ring = &keyRing{primary: k, schedule: &schedule{days: usualPeriod, next: c.now.Add(usualPeriod * day)}}
	k.identify(c.newKeyID(false))
	text := s.policyText(c.region.place)
	document, err := kmskit.ParsePolicyDocument(text)
	if err != nil {
		panic(err) // the text is our own
	}
	k.policy = &keyPolicy{text: indentPolicy(text), compiled: policy.Compile(document)}
	return k, c.server.generate(k)
}

// policyText is the policy of the service's key: the principals of the account use
// the key through the service, and the account sees what it is. Nobody manages it.
func (s managedService) policyText(p place) string {
	_, domain := partitionAndDomain(p.region)
	uses, views := "", ""
	if s.viaGrants {
		uses, views = `"kms:CreateGrant", `, `, "kms:RevokeGrant"`
	}
	return fmt.Sprintf(`{
		"Version": "2012-10-17",
		"Id": %q,
		"Statement": [{
			"Sid": "Allow access through %[2]s for all principals in the account that are authorized to use %[2]s",
			"Effect": "Allow",
			"Principal": {"AWS": "*"},
			"Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", %[3]s"kms:DescribeKey"],
			"Resource": "*",
			"Condition": {"StringEquals": {"kms:CallerAccount": %[4]q, "kms:ViaService": "%[5]s.%[6]s.%[7]s"}}
		}, {
			"Sid": "Allow direct access to key metadata to the account",
			"Effect": "Allow",
			"Principal": {"AWS": %[8]q},
			"Action": ["kms:Describe*", "kms:Get*", "kms:List*"%[9]s],
			"Resource": "*"
		}]
	}`, s.policyID, s.name, uses, p.account, s.via, p.region, domain, rootARN(p.region, p.account), views)
}

// managedKeys returns how many AWS managed keys a region has.
func (r *region) managedKeys() int {
	n := 0
	for _, s := range managedServices {
		if r.aliases[reservedPrefix+s.alias] != nil {
			n++
		}
	}
	return n
}

// manager returns who manages the key.
func (k *key) manager() types.KeyManagerType {
	if k.managed {
		return types.KeyManagerTypeAws
	}
	return types.KeyManagerTypeCustomer
}
