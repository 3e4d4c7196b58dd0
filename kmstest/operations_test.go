package kmstest_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/kmskit/kmskit/kmstest"
	"github.com/kmskit/kmskit/kmstest/internal/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOperations fails when a new SDK has an operation that is not there.
func TestOperations(t *testing.T) {
	t.Parallel()
	srv := kmstest.New()
	api, client := reflect.TypeFor[*kmstest.API](), reflect.TypeFor[*kms.Client]()
	for _, op := range wire.Operations() {
		assert.NotContains(t, post(srv, "TrentService."+op.Name, "{}").Body.String(), "UnknownOperationException", op.Name)

		theirs, _ := client.MethodByName(op.Name)
		ours, ok := api.MethodByName(op.Name)
		require.True(t, ok, op.Name)
		for i := 1; i < theirs.Type.NumIn(); i++ {
			assert.Equal(t, theirs.Type.In(i), ours.Type.In(i), op.Name)
		}
		assert.Equal(t, theirs.Type.Out(0), ours.Type.Out(0), op.Name)
	}
	assert.Equal(t, len(wire.Operations()), api.NumMethod())
}
