package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kmskit/kmskit/kmstest/internal/policy"
)

// operatorCase is a Condition element and whether it holds for a request.
type operatorCase struct {
	rule      string
	condition string
	context   values
	who       policy.Principal // alice of the key's account if zero
	holds     bool
}

// operatorCases has the rules about condition operators. Each is tried in an
// Allow and in a Deny.
var operatorCases = []operatorCase{
	// Strings.
	{
		rule:      "StringEquals matches the same text",
		condition: `"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}`,
		context:   context("kms:ViaService", "s3.eu-west-1.amazonaws.com"),
		holds:     true,
	},
	{
		rule:      "StringEquals heeds case",
		condition: `"StringEquals": {"kms:KeySpec": "rsa_2048"}`,
		context:   context("kms:KeySpec", "RSA_2048"),
	},
	{
		rule:      "StringEquals has no wildcards",
		condition: `"StringEquals": {"kms:KeySpec": "RSA_*"}`,
		context:   context("kms:KeySpec", "RSA_2048"),
	},
	{
		rule:      "StringEquals holds for one of several values",
		condition: `"StringEquals": {"kms:KeySpec": ["RSA_2048", "RSA_4096"]}`,
		context:   context("kms:KeySpec", "RSA_4096"),
		holds:     true,
	},
	{
		rule:      "StringEquals fails without the key",
		condition: `"StringEquals": {"kms:KeySpec": "RSA_2048"}`,
	},
	{
		rule:      "the names of condition keys are in any case",
		condition: `"StringEquals": {"KMS:keyspec": "RSA_2048"}`,
		context:   context("kms:KeySpec", "RSA_2048"),
		holds:     true,
	},
	{
		rule:      "StringNotEquals holds for another text",
		condition: `"StringNotEquals": {"kms:KeySpec": "RSA_2048"}`,
		context:   context("kms:KeySpec", "RSA_4096"),
		holds:     true,
	},
	{
		rule:      "StringNotEquals fails for the same text",
		condition: `"StringNotEquals": {"kms:KeySpec": "RSA_2048"}`,
		context:   context("kms:KeySpec", "RSA_2048"),
	},
	{
		rule:      "StringNotEquals with several values holds for none of them",
		condition: `"StringNotEquals": {"kms:KeySpec": ["RSA_2048", "RSA_3072"]}`,
		context:   context("kms:KeySpec", "RSA_3072"),
	},
	{
		rule:      "StringNotEquals holds without the key",
		condition: `"StringNotEquals": {"kms:KeySpec": "RSA_2048"}`,
		holds:     true,
	},
	{
		rule:      "StringEqualsIgnoreCase ignores case",
		condition: `"StringEqualsIgnoreCase": {"kms:KeySpec": "rsa_2048"}`,
		context:   context("kms:KeySpec", "RSA_2048"),
		holds:     true,
	},
	{
		rule:      "StringNotEqualsIgnoreCase ignores case",
		condition: `"StringNotEqualsIgnoreCase": {"kms:KeySpec": "rsa_2048"}`,
		context:   context("kms:KeySpec", "RSA_2048"),
	},
	{
		rule:      "StringNotEqualsIgnoreCase holds for another text",
		condition: `"StringNotEqualsIgnoreCase": {"kms:KeySpec": "rsa_2048"}`,
		context:   context("kms:KeySpec", "HMAC_256"),
		holds:     true,
	},
	{
		rule:      "StringLike has * anywhere",
		condition: `"StringLike": {"kms:ViaService": "*.eu-*.amazonaws.com"}`,
		context:   context("kms:ViaService", "sqs.eu-west-3.amazonaws.com"),
		holds:     true,
	},
	{
		rule:      "StringLike has ? for one character",
		condition: `"StringLike": {"kms:KeySpec": "ECC_NIST_P???"}`,
		context:   context("kms:KeySpec", "ECC_NIST_P384"),
		holds:     true,
	},
	{
		rule:      "StringLike heeds case",
		condition: `"StringLike": {"kms:KeySpec": "ecc_*"}`,
		context:   context("kms:KeySpec", "ECC_NIST_P384"),
	},
	{
		rule:      "StringLike matches all of the text",
		condition: `"StringLike": {"kms:KeySpec": "NIST*"}`,
		context:   context("kms:KeySpec", "ECC_NIST_P384"),
	},
	{
		rule:      "StringNotLike holds if no pattern matches",
		condition: `"StringNotLike": {"kms:KeySpec": ["RSA_*", "HMAC_*"]}`,
		context:   context("kms:KeySpec", "ECC_NIST_P384"),
		holds:     true,
	},
	{
		rule:      "StringNotLike fails if one pattern matches",
		condition: `"StringNotLike": {"kms:KeySpec": ["RSA_*", "HMAC_*"]}`,
		context:   context("kms:KeySpec", "HMAC_384"),
	},

	// Numbers.
	{
		rule:      "NumericEquals compares numbers, not texts",
		condition: `"NumericEquals": {"kms:RotationPeriodInDays": "180.0"}`,
		context:   context("kms:RotationPeriodInDays", "180"),
		holds:     true,
	},
	{
		rule:      "NumericNotEquals with several values holds for none of them",
		condition: `"NumericNotEquals": {"kms:RotationPeriodInDays": [90, 180]}`,
		context:   context("kms:RotationPeriodInDays", "180"),
	},
	{
		rule:      "NumericNotEquals holds without the key",
		condition: `"NumericNotEquals": {"kms:RotationPeriodInDays": 90}`,
		holds:     true,
	},
	{
		rule:      "NumericLessThan is strict",
		condition: `"NumericLessThan": {"kms:RotationPeriodInDays": 180}`,
		context:   context("kms:RotationPeriodInDays", "180"),
	},
	{
		rule:      "NumericLessThan is not the order of texts",
		condition: `"NumericLessThan": {"kms:RotationPeriodInDays": 1000}`,
		context:   context("kms:RotationPeriodInDays", "200"),
		holds:     true,
	},
	{
		rule:      "NumericLessThanEquals has the limit",
		condition: `"NumericLessThanEquals": {"kms:RotationPeriodInDays": 180}`,
		context:   context("kms:RotationPeriodInDays", "180"),
		holds:     true,
	},
	{
		rule:      "NumericGreaterThan is strict",
		condition: `"NumericGreaterThan": {"kms:RotationPeriodInDays": 180}`,
		context:   context("kms:RotationPeriodInDays", "180"),
	},
	{
		rule:      "NumericGreaterThanEquals has the limit",
		condition: `"NumericGreaterThanEquals": {"kms:RotationPeriodInDays": 180}`,
		context:   context("kms:RotationPeriodInDays", "180"),
		holds:     true,
	},
	{
		rule:      "NumericGreaterThan fails without the key",
		condition: `"NumericGreaterThan": {"kms:RotationPeriodInDays": 0}`,
	},
	{
		rule:      "a request's value that is no number fails a numeric operator",
		condition: `"NumericGreaterThan": {"kms:RotationPeriodInDays": 0}`,
		context:   context("kms:RotationPeriodInDays", "many"),
	},

	// Dates. The request is made on 2031-05-17 at 08:30 UTC.
	{
		rule:      "DateEquals compares points in time",
		condition: `"DateEquals": {"aws:CurrentTime": "2031-05-17T10:30:00+02:00"}`,
		holds:     true,
	},
	{
		rule:      "DateNotEquals holds for another time",
		condition: `"DateNotEquals": {"aws:CurrentTime": "2031-05-17T08:30:01Z"}`,
		holds:     true,
	},
	{
		rule:      "DateLessThan is before",
		condition: `"DateLessThan": {"aws:CurrentTime": "2031-05-17T08:30:00.5Z"}`,
		holds:     true,
	},
	{
		rule:      "DateLessThan is strict",
		condition: `"DateLessThan": {"aws:CurrentTime": "2031-05-17T08:30:00Z"}`,
	},
	{
		rule:      "DateLessThanEquals has the limit",
		condition: `"DateLessThanEquals": {"aws:CurrentTime": "2031-05-17T08:30Z"}`,
		holds:     true,
	},
	{
		rule:      "DateGreaterThan is after",
		condition: `"DateGreaterThan": {"aws:CurrentTime": "2031-05-17"}`,
		holds:     true,
	},
	{
		rule:      "DateGreaterThanEquals knows Unix seconds",
		condition: `"DateGreaterThanEquals": {"aws:CurrentTime": "1936773000"}`,
		holds:     true,
	},
	{
		rule:      "a date may be a month",
		condition: `"DateGreaterThan": {"aws:CurrentTime": "2031-06"}`,
	},
	{
		rule:      "aws:EpochTime is a date",
		condition: `"DateLessThan": {"aws:EpochTime": "2031-05-17T08:30:01Z"}`,
		holds:     true,
	},
	{
		rule:      "aws:EpochTime is a number too",
		condition: `"NumericGreaterThan": {"aws:EpochTime": "1936772999.5"}`,
		holds:     true,
	},
	{
		rule:      "a date that the request does not have fails",
		condition: `"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}`,
	},

	// Booleans, bytes and addresses.
	{
		rule:      "Bool matches true",
		condition: `"Bool": {"aws:SecureTransport": "true"}`,
		context:   context("aws:SecureTransport", "true"),
		holds:     true,
	},
	{
		rule:      "Bool takes a JSON boolean",
		condition: `"Bool": {"aws:SecureTransport": false}`,
		context:   context("aws:SecureTransport", "true"),
	},
	{
		rule:      "Bool ignores case",
		condition: `"Bool": {"kms:MultiRegion": "TRUE"}`,
		context:   context("kms:MultiRegion", "true"),
		holds:     true,
	},
	{
		rule:      "Bool false fails without the key",
		condition: `"Bool": {"aws:MultiFactorAuthPresent": "false"}`,
	},
	{
		rule:      "BoolIfExists holds without the key",
		condition: `"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}`,
		holds:     true,
	},
	{
		rule:      "BinaryEquals compares the bytes behind base64",
		condition: `"BinaryEquals": {"aws:SourceIdentity": "bGVkZ2Vy"}`,
		context:   context("aws:SourceIdentity", "ledger"),
		holds:     true,
	},
	{
		rule:      "BinaryEquals fails for other bytes",
		condition: `"BinaryEquals": {"aws:SourceIdentity": "bGVkZ2Vy"}`,
		context:   context("aws:SourceIdentity", "bGVkZ2Vy"),
	},
	{
		rule:      "IpAddress matches a range",
		condition: `"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`,
		context:   context("aws:SourceIp", "203.0.113.200"),
		holds:     true,
	},
	{
		rule:      "IpAddress fails outside the range",
		condition: `"IpAddress": {"aws:SourceIp": "203.0.113.0/25"}`,
		context:   context("aws:SourceIp", "203.0.113.200"),
	},
	{
		rule:      "IpAddress knows an IPv4 address that is written as an IPv6 one",
		condition: `"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`,
		context:   context("aws:SourceIp", "::ffff:203.0.113.7"),
		holds:     true,
	},
	{
		rule:      "IpAddress does not care for the zone of an address",
		condition: `"IpAddress": {"aws:SourceIp": "fe80::/10"}`,
		context:   context("aws:SourceIp", "fe80::7%eth0"),
		holds:     true,
	},
	{
		rule:      "IpAddress takes a single address",
		condition: `"IpAddress": {"aws:SourceIp": "203.0.113.7"}`,
		context:   context("aws:SourceIp", "203.0.113.7"),
		holds:     true,
	},
	{
		rule:      "IpAddress takes a range whose base is inside it",
		condition: `"IpAddress": {"aws:SourceIp": "203.0.113.77/24"}`,
		context:   context("aws:SourceIp", "203.0.113.1"),
		holds:     true,
	},
	{
		rule:      "IpAddress knows IPv6",
		condition: `"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234::/48"]}`,
		context:   context("aws:SourceIp", "2001:db8:1234:ffff::1"),
		holds:     true,
	},
	{
		rule:      "IpAddress fails without the key, as for a VPC endpoint",
		condition: `"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}`,
	},
	{
		rule:      "NotIpAddress holds outside all ranges",
		condition: `"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}`,
		context:   context("aws:SourceIp", "198.51.100.4"),
		holds:     true,
	},
	{
		rule:      "NotIpAddress fails inside one range",
		condition: `"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}`,
		context:   context("aws:SourceIp", "203.0.113.4"),
	},
	{
		rule:      "NotIpAddress holds without the key",
		condition: `"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}`,
		holds:     true,
	},

	// ARNs.
	{
		rule:      "ArnEquals matches the ARN",
		condition: `"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:210987654321:orders"}`,
		context:   context("aws:SourceArn", "arn:aws:sns:eu-west-1:210987654321:orders"),
		holds:     true,
	},
	{
		rule:      "ArnEquals has wildcards like ArnLike",
		condition: `"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:210987654321:order?"}`,
		context:   context("aws:SourceArn", "arn:aws:sns:eu-west-1:210987654321:orders"),
		holds:     true,
	},
	{
		rule:      "ArnLike keeps a wildcard within its part",
		condition: `"ArnLike": {"aws:SourceArn": "arn:aws:store:*:210987654321:desk/*"}`,
		context:   context("aws:SourceArn", "arn:aws:store:eu-west-1:345678901234:x:210987654321:desk/1"),
	},
	{
		rule:      "StringLike lets a wildcard run beyond a colon",
		condition: `"StringLike": {"aws:SourceArn": "arn:aws:store:*:210987654321:desk/*"}`,
		context:   context("aws:SourceArn", "arn:aws:store:eu-west-1:345678901234:x:210987654321:desk/1"),
		holds:     true,
	},
	{
		rule:      "the last part of an ARN may have colons",
		condition: `"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:210987654321:function:*"}`,
		context:   context("aws:SourceArn", "arn:aws:lambda:eu-west-1:210987654321:function:audit:live"),
		holds:     true,
	},
	{
		rule:      "ArnLike heeds case",
		condition: `"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:210987654321:Orders"}`,
		context:   context("aws:SourceArn", "arn:aws:sns:eu-west-1:210987654321:orders"),
	},
	{
		rule:      "ArnNotEquals holds for another ARN",
		condition: `"ArnNotEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:210987654321:orders"}`,
		context:   context("aws:SourceArn", "arn:aws:sns:eu-west-1:210987654321:bills"),
		holds:     true,
	},
	{
		rule:      "ArnNotLike holds without the key",
		condition: `"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}`,
		holds:     true,
	},
	{
		rule:      "what is no ARN fails ArnLike",
		condition: `"ArnLike": {"aws:SourceArn": "*:*:*:*:*:*"}`,
		context:   context("aws:SourceArn", "orders"),
	},
	{
		rule:      "aws:PrincipalArn of a session is its role",
		condition: `"ArnEquals": {"aws:PrincipalArn": "` + roleARN + `"}`,
		who:       session(home, "ledger"),
		holds:     true,
	},

	// Existence.
	{
		rule:      "Null true holds without the key",
		condition: `"Null": {"kms:ViaService": true}`,
		holds:     true,
	},
	{
		rule:      "Null true fails with the key",
		condition: `"Null": {"kms:ViaService": true}`,
		context:   context("kms:ViaService", "s3.eu-west-1.amazonaws.com"),
	},
	{
		rule:      "Null false holds with the key",
		condition: `"Null": {"kms:EncryptionContextKeys": "false"}`,
		context:   context("kms:EncryptionContextKeys", "AppName"),
		holds:     true,
	},
	{
		rule:      "Null false fails without the key",
		condition: `"Null": {"kms:EncryptionContextKeys": "false"}`,
	},
	{
		rule:      "IfExists holds without the key",
		condition: `"StringEqualsIfExists": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}`,
		holds:     true,
	},
	{
		rule:      "IfExists compares a key that there is",
		condition: `"StringEqualsIfExists": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}`,
		context:   context("kms:ViaService", "rds.eu-west-1.amazonaws.com"),
	},
	{
		rule:      "a negated operator with IfExists holds without the key",
		condition: `"StringNotEqualsIfExists": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}`,
		holds:     true,
	},
	{
		rule:      "a key of another service is one that the request does not have",
		condition: `"StringEquals": {"s3:prefix": "home/"}`,
	},

	// Several conditions.
	{
		rule:      "all operators must hold",
		condition: `"StringEquals": {"kms:KeySpec": "RSA_2048"}, "Bool": {"kms:MultiRegion": true}`,
		context:   context("kms:KeySpec", "RSA_2048", "kms:MultiRegion", "false"),
	},
	{
		rule:      "all keys of an operator must hold",
		condition: `"StringEquals": {"kms:KeySpec": "RSA_2048", "kms:KeyUsage": "SIGN_VERIFY"}`,
		context:   context("kms:KeySpec", "RSA_2048", "kms:KeyUsage", "ENCRYPT_DECRYPT"),
	},
	{
		rule:      "all operators and keys hold together",
		condition: `"StringEquals": {"kms:KeySpec": "RSA_2048", "kms:KeyUsage": "SIGN_VERIFY"}, "Bool": {"kms:MultiRegion": true}`,
		context:   context("kms:KeySpec", "RSA_2048", "kms:KeyUsage", "SIGN_VERIFY", "kms:MultiRegion", "true"),
		holds:     true,
	},
	{
		rule:      "an empty Condition holds",
		condition: ``,
		holds:     true,
	},

	// Sets.
	{
		rule:      "ForAllValues holds if every value of the request matches",
		condition: `"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt", "Sign"]}`,
		context:   context("kms:GrantOperations", "Encrypt", "kms:GrantOperations", "Sign"),
		holds:     true,
	},
	{
		rule:      "ForAllValues fails if one value of the request does not match",
		condition: `"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}`,
		context:   context("kms:GrantOperations", "Encrypt", "kms:GrantOperations", "Sign"),
	},
	{
		rule:      "ForAllValues holds without the key",
		condition: `"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "AppName"}`,
		holds:     true,
	},
	{
		rule:      "ForAllValues with Null needs the key",
		condition: `"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "AppName"}, "Null": {"kms:EncryptionContextKeys": false}`,
	},
	{
		rule:      "ForAnyValue holds if one value of the request matches",
		condition: `"ForAnyValue:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}`,
		context:   context("kms:GrantOperations", "Sign", "kms:GrantOperations", "Decrypt"),
		holds:     true,
	},
	{
		rule:      "ForAnyValue fails if no value of the request matches",
		condition: `"ForAnyValue:StringLike": {"kms:GrantOperations": "*crypt"}`,
		context:   context("kms:GrantOperations", "Sign", "kms:GrantOperations", "Verify"),
	},
	{
		rule:      "ForAnyValue fails without the key",
		condition: `"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "AppName"}`,
	},
	{
		rule:      "ForAnyValue fails without the key also with IfExists",
		condition: `"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "team"}`,
	},
	{
		rule:      "ForAllValues with a negated operator forbids values",
		condition: `"ForAllValues:StringNotEquals": {"aws:TagKeys": ["owner", "cost"]}`,
		context:   context("aws:TagKeys", "team", "aws:TagKeys", "cost"),
	},
	{
		rule:      "ForAnyValue with a negated operator wants one other value",
		condition: `"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["owner", "cost"]}`,
		context:   context("aws:TagKeys", "team", "aws:TagKeys", "cost"),
		holds:     true,
	},
	{
		rule:      "ForAnyValue with a negated operator fails if all values are listed",
		condition: `"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["owner", "cost"]}`,
		context:   context("aws:TagKeys", "owner", "aws:TagKeys", "cost"),
	},
	{
		rule:      "a key with many values fails without a set operator",
		condition: `"StringEquals": {"kms:GrantOperations": "Decrypt"}`,
		context:   context("kms:GrantOperations", "Decrypt"),
	},
	{
		rule:      "a key with many values fails a negated operator too",
		condition: `"StringNotEquals": {"kms:GrantOperations": "Decrypt"}`,
		context:   context("kms:GrantOperations", "Encrypt"),
	},
	{
		rule:      "two pairs with names that differ in case are two values of one key, which fails without a set operator",
		condition: `"StringEquals": {"kms:EncryptionContext:AppName": "ledger"}`,
		context:   context("kms:EncryptionContext:AppName", "ledger", "kms:EncryptionContext:appname", "payroll"),
	},
	{
		rule:      "two pairs with names that differ in case fail a negated operator too",
		condition: `"StringNotEquals": {"kms:EncryptionContext:AppName": "ledger"}`,
		context:   context("kms:EncryptionContext:AppName", "cards", "kms:EncryptionContext:appname", "payroll"),
	},
	{
		rule:      "a set operator works on a key with one value",
		condition: `"ForAnyValue:StringEquals": {"kms:KeySpec": "RSA_2048"}`,
		context:   context("kms:KeySpec", "RSA_2048"),
		holds:     true,
	},

	// Variables.
	{
		rule:      "a policy variable is the request's value",
		condition: `"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}`,
		context:   context("kms:EncryptionContext:user", "alice"),
		holds:     true,
	},
	{
		rule:      "a policy variable is not another user's value",
		condition: `"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}`,
		context:   context("kms:EncryptionContext:user", "bob"),
	},
	{
		rule:      "the name of a policy variable is in any case",
		condition: `"StringEquals": {"kms:EncryptionContext:user": "u-${AWS:UserName}"}`,
		context:   context("kms:EncryptionContext:user", "u-alice"),
		holds:     true,
	},
	{
		rule:      "a variable without a value equals nothing",
		condition: `"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}`,
		context:   context("kms:EncryptionContext:user", ""),
		who:       session(home, "ledger"),
	},
	{
		rule:      "a variable without a value is like nothing, not even like an empty text",
		condition: `"StringLike": {"kms:EncryptionContext:user": "${aws:username}"}`,
		context:   context("kms:EncryptionContext:user", ""),
		who:       session(home, "ledger"),
	},
	{
		rule:      "a byte that no text has is no wildcard when a variable brings it in",
		condition: `"StringLike": {"kms:EncryptionContext:user": "${aws:SourceIdentity}"}`,
		context:   context("kms:EncryptionContext:user", "alice", "aws:SourceIdentity", "\xff"),
	},
	{
		rule:      "Bool compares nothing but true and false, also with a variable",
		condition: `"Bool": {"kms:EncryptionContext:audit": "${aws:SourceIdentity}"}`,
		context:   context("kms:EncryptionContext:audit", "yes", "aws:SourceIdentity", "yes"),
	},
	{
		rule:      "a variable with two values, of tags with names that differ in case, has none",
		condition: `"StringEquals": {"kms:EncryptionContext:team": "${aws:RequestTag/Team}"}`,
		context:   context("kms:EncryptionContext:team", "blue", "aws:RequestTag/Team", "blue", "aws:RequestTag/team", "green"),
	},
	{
		rule:      "a variable without a value is unequal to everything",
		condition: `"StringNotEquals": {"kms:EncryptionContext:user": "${aws:username}"}`,
		context:   context("kms:EncryptionContext:user", "ledger"),
		who:       session(home, "ledger"),
		holds:     true,
	},
	{
		rule:      "a variable may have a default",
		condition: `"StringEquals": {"kms:EncryptionContext:team": "${aws:PrincipalTag/team, 'common'}"}`,
		context:   context("kms:EncryptionContext:team", "common"),
		holds:     true,
	},
	{
		rule:      "a default yields to a value",
		condition: `"StringEquals": {"kms:EncryptionContext:team": "${aws:PrincipalTag/team, 'common'}"}`,
		context:   context("kms:EncryptionContext:team", "common"),
		who:       tagged("blue"),
	},
	{
		rule:      "a variable may stand beside wildcards",
		condition: `"StringLike": {"kms:EncryptionContext:path": "/home/${aws:username}/*"}`,
		context:   context("kms:EncryptionContext:path", "/home/alice/notes"),
		holds:     true,
	},
	{
		rule:      "${*} is an asterisk",
		condition: `"StringLike": {"kms:EncryptionContext:mark": "a${*}b"}`,
		context:   context("kms:EncryptionContext:mark", "axb"),
	},
	{
		rule:      "${*}, ${?} and ${$} are themselves",
		condition: `"StringLike": {"kms:EncryptionContext:mark": "${*}${?}${$}*"}`,
		context:   context("kms:EncryptionContext:mark", "*?$ and more"),
		holds:     true,
	},
	{
		rule:      "a variable may stand in an ARN",
		condition: `"ArnLike": {"aws:SourceArn": "arn:aws:s3:::home-${aws:username}-*"}`,
		context:   context("aws:SourceArn", "arn:aws:s3:::home-alice-1"),
		holds:     true,
	},
	{
		rule:      "a variable may be a whole ARN",
		condition: `"ArnEquals": {"aws:SourceArn": "${aws:PrincipalArn}"}`,
		context:   context("aws:SourceArn", "arn:aws:iam::210987654321:user/alice"),
		holds:     true,
	},
	{
		rule:      "a variable may be a tag of the principal",
		condition: `"StringEquals": {"kms:EncryptionContext:team": "${aws:PrincipalTag/team}"}`,
		context:   context("kms:EncryptionContext:team", "blue"),
		who:       tagged("blue"),
		holds:     true,
	},
	{
		rule:      "a variable may come from an identity provider",
		condition: `"StringEquals": {"kms:EncryptionContext:sub": "${cognito-identity.amazonaws.com:sub}"}`,
		context:   context("kms:EncryptionContext:sub", "eu-west-1:5", "cognito-identity.amazonaws.com:sub", "eu-west-1:5"),
		holds:     true,
	},
	{
		rule:      "a variable may be a boolean",
		condition: `"Bool": {"kms:MultiRegion": "${aws:SecureTransport}"}`,
		context:   context("kms:MultiRegion", "true", "aws:SecureTransport", "true"),
		holds:     true,
	},
	{
		rule:      "an encryption context pair whose name has colons is one key",
		condition: `"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::bills"}`,
		context:   context("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::bills"),
		holds:     true,
	},
}

// tagged is alice with a tag Team.
func tagged(team string) policy.Principal {
	p := user(home, "alice")
	p.Tags = map[string]string{"Team": team}
	return p
}

// operatorDecisions turns the cases into decisions: an Allow that applies if the
// condition holds, and a Deny that does.
func operatorDecisions() []decisionCase {
	all := make([]decisionCase, 0, 2*len(operatorCases))
	for _, c := range operatorCases {
		if c.who.Kind == policy.Anonymous {
			c.who = user(home, "alice")
		}
		d := decisionCase{
			rule: c.rule + ", in an Allow", who: c.who, context: c.context,
			key: `{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {` + c.condition + `}}`,
		}
		if c.holds {
			d.want, d.by = policy.Allowed, "key 1"
		}
		all = append(all, d)

		d.rule = c.rule + ", in a Deny"
		d.key = everyone + `, {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {` + c.condition + `}}`
		d.want, d.by = policy.Allowed, "key 1"
		if c.holds {
			d.want, d.by = policy.ExplicitDeny, "key 2"
		}
		all = append(all, d)
	}
	return all
}

func TestCondition_whatIsNotKnown(t *testing.T) {
	t.Parallel()
	// Each of these cannot be decided. The Allow must not apply, whether or not the
	// condition is negated. The Deny must apply, unless all that is unknown is a key,
	// which the request then does not have.
	for _, c := range []struct {
		name, condition string
		denies          bool
		reports         string
	}{
		{"an operator", `"StringMatches": {"kms:KeySpec": "RSA_2048"}`, true, `unknown condition operator "StringMatches"`},
		{"an operator in another case", `"stringEquals": {"kms:KeySpec": "RSA_2048"}`, true, `unknown condition operator "stringEquals"`},
		{"a set operator", `"ForSomeValues:StringEquals": {"kms:KeySpec": "RSA_2048"}`, true, `unknown condition operator "ForSomeValues:StringEquals"`},
		{"NullIfExists", `"NullIfExists": {"kms:KeySpec": "true"}`, true, `unknown condition operator "NullIfExists"`},
		{"an operator without a key", `"StringMatches": {}`, true, `unknown condition operator "StringMatches"`},
		{"a number", `"NumericLessThan": {"kms:RotationPeriodInDays": "ten"}`, true, `NumericLessThan kms:RotationPeriodInDays has the value "ten", which is not a number`},
		{"a hexadecimal number", `"NumericNotEquals": {"kms:RotationPeriodInDays": "0x10"}`, true, `which is not a number`},
		{"an infinite number", `"NumericLessThan": {"kms:RotationPeriodInDays": "inf"}`, true, `which is not a number`},
		{"one of several numbers", `"NumericNotEquals": {"kms:RotationPeriodInDays": ["90", "ten"]}`, true, `which is not a number`},
		{"a date", `"DateNotEquals": {"aws:CurrentTime": "tomorrow"}`, true, `which is not a date`},
		{"a date without a zone", `"DateLessThan": {"aws:CurrentTime": "2040-01-01T00:00:00"}`, true, `which is not a date`},
		{"a year, which may be seconds", `"DateLessThan": {"aws:CurrentTime": "2040"}`, true, `which is not a date`},
		{"a boolean", `"Bool": {"kms:MultiRegion": "yes"}`, true, `which is neither "true" nor "false"`},
		{"a Null that is a variable", `"Null": {"kms:KeySpec": "${aws:SecureTransport}"}`, true, `which is neither "true" nor "false"`},
		{"base64", `"BinaryEquals": {"aws:SourceIdentity": "%"}`, true, `which is not base64`},
		{"an address", `"NotIpAddress": {"aws:SourceIp": "203.0.113.0/33"}`, true, `which is not an IP address`},
		{"an ARN", `"ArnNotLike": {"aws:SourceArn": "bucket"}`, true, `which is not an ARN`},
		{"a variable", `"StringNotEquals": {"kms:EncryptionContext:x": "${aws:NoSuchKey}"}`, true, `the policy variable ${aws:NoSuchKey}`},
		{"a variable with many values", `"StringNotEquals": {"kms:EncryptionContext:x": "${aws:TagKeys}"}`, true, `the policy variable ${aws:TagKeys}`},
		{"a variable that is not closed", `"StringNotEquals": {"kms:EncryptionContext:x": "${aws:username"}`, true, `a policy variable that is not closed`},
		{"a default without quotes", `"StringNotEquals": {"kms:EncryptionContext:x": "${aws:username, me}"}`, true, `a malformed default`},
		{"no values", `"StringNotEquals": {"kms:KeySpec": []}`, true, `StringNotEquals kms:KeySpec has no values`},
		{"a key of KMS, negated", `"StringNotEquals": {"kms:NoSuchKey": "x"}`, true, `unknown condition key "kms:NoSuchKey"`},
		{"a key of KMS", `"StringEquals": {"kms:NoSuchKey": "x"}`, false, `unknown condition key "kms:NoSuchKey"`},
		{"a global key that must be absent", `"Null": {"aws:NoSuchKey": "true"}`, true, `unknown condition key "aws:NoSuchKey"`},
		{"a PCR beyond the last one", `"StringNotEquals": {"kms:RecipientAttestation:PCR32": "00"}`, true, `unknown condition key "kms:RecipientAttestation:PCR32"`},
		{"a PCR with a leading zero", `"StringNotEquals": {"kms:RecipientAttestation:NitroTPMPCR04": "00"}`, true, `unknown condition key`},
		{"a family without a member", `"StringNotEquals": {"kms:EncryptionContext:": "x"}`, true, `unknown condition key "kms:EncryptionContext:"`},
		{"a key without a prefix", `"StringNotEquals": {"KeySpec": "x"}`, true, `unknown condition key "KeySpec"`},
		{"a key that key policies do not have, negated", `"StringNotEquals": {"aws:ResourceTag/stage": "prod"}`, true, ""},
		{"a key that key policies do not have", `"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/a"}`, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := (&decisionCase{
				who: user(home, "alice"),
				context: context(
					"kms:KeySpec", "RSA_2048", "kms:RotationPeriodInDays", "5", "kms:MultiRegion", "true", "aws:SourceIdentity", "x",
					"aws:SourceIp", "198.51.100.1", "aws:SourceArn", "arn:aws:s3:::bucket", "kms:EncryptionContext:x", "y",
					"aws:ResourceTag/stage", "test", "kms:ResourceAliases", "alias/a", "kms:RequestAlias", "alias/a",
				),
			}).request()

			allowing := policy.Compile(parse(t, `{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {`+c.condition+`}}`))
			why := policy.Explain(request, allowing, nil)
			assert.Equal(t, policy.NoResourcePolicy, why.Outcome, "in an Allow: %s", why)

			denying := policy.Compile(parse(t, everyone+`, {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {`+c.condition+`}}`))
			want := policy.Allowed
			if c.denies {
				want = policy.ExplicitDeny
			}
			why = policy.Explain(request, denying, nil)
			assert.Equal(t, want, why.Outcome, "in a Deny: %s", why)

			if c.reports == "" {
				assert.Empty(t, allowing.Unknown())
				return
			}
			if assert.Len(t, denying.Unknown(), 1) {
				assert.Contains(t, denying.Unknown()[0], "statement 2: ")
				assert.Contains(t, denying.Unknown()[0], c.reports)
			}
		})
	}
}

func TestCondition_oldLanguage(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2008-10-17", ""} {
		doc := parse(t, `{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
			"Condition": {"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}}}`)
		doc.Version = version
		key := policy.Compile(doc)

		t.Run("variables are text in version "+version, func(t *testing.T) {
			t.Parallel()
			c := decisionCase{who: user(home, "alice"), context: context("kms:EncryptionContext:user", "${aws:username}")}
			assert.True(t, policy.Evaluate(c.request(), key, nil).Allowed())
			c.context = context("kms:EncryptionContext:user", "alice")
			assert.False(t, policy.Evaluate(c.request(), key, nil).Allowed())
		})
	}
}
