package kmstest

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A CloudHSMCluster is an AWS CloudHSM cluster as KMS finds it.
type CloudHSMCluster struct {
	// ID is the ID of the cluster, for example "cluster-2a34b5cdefg".
	ID string

	// TrustAnchorCertificate is the content of its customerCA.crt. A cluster that
	// has none is not active. Clusters with the same one share a backup history.
	TrustAnchorCertificate string

	// KMSUserPassword is the password of kmsuser. A cluster that has none has no
	// such user.
	KMSUserPassword string

	// ActiveHSMs is the number of active HSMs. KMS needs two of them, except to
	// connect, for which one is enough.
	ActiveHSMs int

	// Fault is what keeps KMS from the cluster. It is empty if nothing does.
	Fault types.ConnectionErrorCodeType
}

// SetCloudHSMCluster adds a CloudHSM cluster, or replaces the one with that ID: KMS
// itself cannot make clusters. It is there for every account and Region. A cluster
// that was not added does not exist.
//
// A custom key store can be created on the cluster. Connecting it takes a second of
// the Server's clock: see [Server.Advance]. Whether that succeeds depends on what
// the cluster is like at the end of that second.
func (s *Server) SetCloudHSMCluster(c CloudHSMCluster) {
	defer s.keep() // when the lock is back
	s.mu.Lock()
	defer s.mu.Unlock()
	c.TrustAnchorCertificate = strings.TrimSpace(c.TrustAnchorCertificate)
	s.clusters[c.ID] = c
	s.mark(cluster(c.ID))
}

// enoughHSMs is the number of active HSMs that KMS wants for more than connecting.
const enoughHSMs = 2

// A clusterBacking is the backing of a CloudHSM key store.
type clusterBacking struct {
	clusterID   string
	trustAnchor string
	password    string // of kmsuser
}

func newClusterBacking(in *kms.CreateCustomKeyStoreInput) (backing, error) {
	if in.CloudHsmClusterId == nil || in.KeyStorePassword == nil || in.TrustAnchorCertificate == nil {
		return nil, validationError("CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate are required for a CloudHSM key store.")
	}
	if in.XksProxyAuthenticationCredential != nil || in.XksProxyConnectivity != "" ||
		in.XksProxyUriEndpoint != nil || in.XksProxyUriPath != nil ||
		in.XksProxyVpcEndpointServiceName != nil || in.XksProxyVpcEndpointServiceOwner != nil {
		return nil, notOfCluster()
	}
	return clusterBacking{
		clusterID:   *in.CloudHsmClusterId,
		trustAnchor: *in.TrustAnchorCertificate,
		password:    *in.KeyStorePassword,
	}, nil
}

func notOfCluster() error {
	return validationError("XksProxy parameters are not valid for a CloudHSM key store.")
}

func (b clusterBacking) kind() types.CustomKeyStoreType { return types.CustomKeyStoreTypeAwsCloudhsm }

func (b clusterBacking) describe(e *types.CustomKeyStoresListEntry) {
	e.CloudHsmClusterId = new(b.clusterID)
	e.TrustAnchorCertificate = new(b.trustAnchor)
}

func (b clusterBacking) describeKey(_ *key, m *types.KeyMetadata) {
	m.CloudHsmClusterId = new(b.clusterID)
}

func (b clusterBacking) update(c *call, in *kms.UpdateCustomKeyStoreInput) (_ backing, disconnected bool, err error) {
	if in.XksProxyAuthenticationCredential != nil || in.XksProxyConnectivity != "" ||
		in.XksProxyUriEndpoint != nil || in.XksProxyUriPath != nil ||
		in.XksProxyVpcEndpointServiceName != nil || in.XksProxyVpcEndpointServiceOwner != nil {
		return nil, false, notOfCluster()
	}
	if in.KeyStorePassword != nil {
		b.password = *in.KeyStorePassword
	}
	if in.CloudHsmClusterId != nil {
		b.clusterID = *in.CloudHsmClusterId
		if x := c.server.clusters[b.clusterID]; x.TrustAnchorCertificate != "" && !b.trusts(x) {
			return nil, false, &types.CloudHsmClusterNotRelatedException{
				Message: new("The CloudHSM cluster " + b.clusterID + " is not related to the cluster of the custom key store."),
			}
		}
	}
	return b, in.KeyStorePassword != nil || in.CloudHsmClusterId != nil, nil
}

func (b clusterBacking) clash(other backing) error {
	o, ok := other.(clusterBacking)
	if !ok || o.clusterID != b.clusterID && strings.TrimSpace(o.trustAnchor) != strings.TrimSpace(b.trustAnchor) {
		return nil
	}
	return &types.CloudHsmClusterInUseException{
		Message: new("The CloudHSM cluster " + b.clusterID + ", or a cluster related to it, is already associated with a custom key store."),
	}
}

// trusts reports whether the trust anchor is that of the cluster.
func (b clusterBacking) trusts(c CloudHSMCluster) bool {
	return strings.TrimSpace(b.trustAnchor) == c.TrustAnchorCertificate
}

func (b clusterBacking) check(w *world) error {
	c, ok := w.clusters[b.clusterID]
	switch {
	case !ok || c.Fault == types.ConnectionErrorCodeTypeClusterNotFound:
		return &types.CloudHsmClusterNotFoundException{Message: new("The CloudHSM cluster " + b.clusterID + " does not exist.")}
	case c.TrustAnchorCertificate == "":
		return b.notActive()
	case c.ActiveHSMs < enoughHSMs:
		return b.tooFewHSMs()
	case !b.trusts(c):
		return &types.IncorrectTrustAnchorException{
			Message: new("The trust anchor certificate is not that of the CloudHSM cluster " + b.clusterID + "."),
		}
	default:
		return nil
	}
}

func (b clusterBacking) checkConnection(w *world) error {
	c, ok := w.clusters[b.clusterID]
	switch {
	case !ok || c.Fault != "": // which connecting finds out
		return nil
	case c.TrustAnchorCertificate == "":
		return b.notActive()
	case c.ActiveHSMs == 0:
		return b.tooFewHSMs()
	default:
		return nil
	}
}

func (b clusterBacking) checkKey(w *world, _ string) error {
	if why := b.outage(w, ""); why != "" {
		return keyStoreUnusable(why)
	}
	if w.clusters[b.clusterID].ActiveHSMs < enoughHSMs {
		return b.tooFewHSMs()
	}
	return nil
}

func (b clusterBacking) notActive() error {
	return &types.CloudHsmClusterNotActiveException{Message: new("The CloudHSM cluster " + b.clusterID + " is not active.")}
}

func (b clusterBacking) tooFewHSMs() error {
	return &types.CloudHsmClusterInvalidConfigurationException{
		Message: new("The CloudHSM cluster " + b.clusterID + " does not contain the number of active HSMs that this operation requires."),
	}
}

func (b clusterBacking) fault(w *world) types.ConnectionErrorCodeType {
	c, ok := w.clusters[b.clusterID]
	switch {
	case !ok:
		return types.ConnectionErrorCodeTypeClusterNotFound
	case c.Fault != "":
		return c.Fault
	case c.ActiveHSMs == 0:
		return types.ConnectionErrorCodeTypeInsufficientCloudhsmHsms
	case c.KMSUserPassword == "":
		return types.ConnectionErrorCodeTypeUserNotFound
	case c.KMSUserPassword != b.password:
		return types.ConnectionErrorCodeTypeInvalidCredentials
	default:
		return ""
	}
}

// outage does not look at the password: KMS has logged in to connect.
func (b clusterBacking) outage(w *world, _ string) string {
	if c, ok := w.clusters[b.clusterID]; !ok || c.Fault != "" || c.ActiveHSMs == 0 {
		return "KMS cannot communicate with your CloudHSM cluster"
	}
	return ""
}
