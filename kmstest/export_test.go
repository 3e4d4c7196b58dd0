package kmstest

import "github.com/aws/aws-sdk-go-v2/service/kms/types"

// ForceState puts a key of the default principal's account into a state, be it
// one that no request brings about or that lasts no longer than a request.
func (s *Server) ForceState(keyID string, state types.KeyState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.regions[place{s.principals.standard.who.Account, s.regionName}].keys[keyID]
	k.state = state
}
