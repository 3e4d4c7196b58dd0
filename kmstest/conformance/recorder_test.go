package conformance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// A pair is an operation and an error that it has answered: "" for success.
type pair struct{ operation, code string }

// A recorder is an HTTP client that keeps the pairs of all answers.
type recorder struct {
	kms.HTTPClient

	mu    sync.Mutex
	pairs map[pair]int
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	response, err := r.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	p := pair{operation: strings.TrimPrefix(request.Header.Get("X-Amz-Target"), "TrentService.")}
	if response.StatusCode != http.StatusOK {
		var refusal struct {
			Type string `json:"__type"`
		}
		if err := json.Unmarshal(body, &refusal); err != nil {
			return nil, err
		}
		p.code = refusal.Type
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pairs[p]++
	return response, nil
}
