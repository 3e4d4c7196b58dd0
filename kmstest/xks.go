package kmstest

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// An XKSProxy is an external key store proxy, and the key manager behind it, as
// KMS finds them.
type XKSProxy struct {
	// URIEndpoint and URIPath are where KMS reaches it, for example
	// "https://xks.example.com" and "/kms/xks/v1".
	URIEndpoint, URIPath string

	// VPCEndpointServiceName is the VPC endpoint service by which KMS reaches it,
	// if that is not a public endpoint.
	VPCEndpointServiceName string

	// AccessKeyID and RawSecretAccessKey are the credential that it expects of KMS.
	AccessKeyID, RawSecretAccessKey string

	// Keys has the status of each external key by its ID: "ENABLED" for one that
	// can be used.
	Keys map[string]string

	// Fault is what keeps KMS from the proxy. It is empty if nothing does.
	Fault types.ConnectionErrorCodeType
}

// SetXKSProxy adds an external key store proxy, or replaces the one at that endpoint
// and path. It is there for every account and Region. A proxy that was not added
// cannot be reached. Nothing is ever sent to it.
//
// Connecting takes as long as with [Server.SetCloudHSMCluster].
func (s *Server) SetXKSProxy(p XKSProxy) {
	p.Keys = maps.Clone(p.Keys)
	defer s.keep() // when the lock is back
	s.mu.Lock()
	defer s.mu.Unlock()
	at := proxy{p.URIEndpoint, p.URIPath}
	s.mark(at)
	i := slices.IndexFunc(s.proxies, at.is)
	if i < 0 {
		s.proxies = append(s.proxies, p)
		return
	}
	s.proxies[i] = p
}

// A proxyBacking is the backing of an external key store.
type proxyBacking struct {
	connectivity types.XksProxyConnectivityType
	endpoint     string
	path         string
	service      string // the name of the VPC endpoint service
	owner        string // the account of the VPC endpoint service
	accessKeyID  string
	secret       string
}

func newProxyBacking(in *kms.CreateCustomKeyStoreInput, account string) (backing, error) {
	if in.XksProxyAuthenticationCredential == nil || in.XksProxyConnectivity == "" ||
		in.XksProxyUriEndpoint == nil || in.XksProxyUriPath == nil {
		return nil, validationError("XksProxyAuthenticationCredential, XksProxyConnectivity, XksProxyUriEndpoint and XksProxyUriPath " +
			"are required for an external key store.")
	}
	if in.CloudHsmClusterId != nil || in.KeyStorePassword != nil || in.TrustAnchorCertificate != nil {
		return nil, notOfProxy()
	}
	b := proxyBacking{
		connectivity: in.XksProxyConnectivity,
		endpoint:     *in.XksProxyUriEndpoint,
		path:         *in.XksProxyUriPath,
		service:      value(in.XksProxyVpcEndpointServiceName),
		owner:        value(in.XksProxyVpcEndpointServiceOwner),
		accessKeyID:  *in.XksProxyAuthenticationCredential.AccessKeyId,
		secret:       *in.XksProxyAuthenticationCredential.RawSecretAccessKey,
	}
	return b.ownedBy(account), b.checkService()
}

func notOfProxy() error {
	return validationError("CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate are not valid for an external key store.")
}

// private reports whether KMS reaches the proxy by a VPC endpoint service.
func (b proxyBacking) private() bool {
	return b.connectivity == types.XksProxyConnectivityTypeVpcEndpointService
}

// ownedBy returns b with that account as the owner of the VPC endpoint service, if
// it has one and its owner is not known.
func (b proxyBacking) ownedBy(account string) proxyBacking {
	if b.private() && b.owner == "" {
		b.owner = account
	}
	return b
}

// checkService refuses a backing that lacks a VPC endpoint service, or has one too
// many.
func (b proxyBacking) checkService() error {
	switch {
	case b.private() && b.service == "":
		return validationError("XksProxyVpcEndpointServiceName is required if XksProxyConnectivity is VPC_ENDPOINT_SERVICE.")
	case !b.private() && (b.service != "" || b.owner != ""):
		return validationError("XksProxyVpcEndpointServiceName and XksProxyVpcEndpointServiceOwner are not valid " +
			"if XksProxyConnectivity is PUBLIC_ENDPOINT.")
	default:
		return nil
	}
}

func (b proxyBacking) kind() types.CustomKeyStoreType {
	return types.CustomKeyStoreTypeExternalKeyStore
}

func (b proxyBacking) describe(e *types.CustomKeyStoresListEntry) {
	e.XksProxyConfiguration = &types.XksProxyConfigurationType{
		AccessKeyId:  new(b.accessKeyID),
		Connectivity: b.connectivity,
		UriEndpoint:  new(b.endpoint),
		UriPath:      new(b.path),
	}
	if b.private() {
		e.XksProxyConfiguration.VpcEndpointServiceName = new(b.service)
		e.XksProxyConfiguration.VpcEndpointServiceOwner = new(b.owner)
	}
}

func (b proxyBacking) describeKey(k *key, m *types.KeyMetadata) {
	m.XksKeyConfiguration = &types.XksKeyConfigurationType{Id: new(k.externalID)}
}

func (b proxyBacking) update(c *call, in *kms.UpdateCustomKeyStoreInput) (_ backing, disconnected bool, err error) {
	if in.CloudHsmClusterId != nil || in.KeyStorePassword != nil {
		return nil, false, notOfProxy()
	}
	disconnected = in.XksProxyConnectivity != "" || in.XksProxyUriEndpoint != nil ||
		in.XksProxyVpcEndpointServiceName != nil || in.XksProxyVpcEndpointServiceOwner != nil
	if in.XksProxyConnectivity != "" && in.XksProxyConnectivity != b.connectivity {
		if in.XksProxyUriEndpoint == nil {
			return nil, false, validationError("XksProxyUriEndpoint is required to change XksProxyConnectivity.")
		}
		b.connectivity, b.service, b.owner = in.XksProxyConnectivity, "", ""
	}
	set(&b.endpoint, in.XksProxyUriEndpoint)
	set(&b.path, in.XksProxyUriPath)
	set(&b.service, in.XksProxyVpcEndpointServiceName)
	set(&b.owner, in.XksProxyVpcEndpointServiceOwner)
	if x := in.XksProxyAuthenticationCredential; x != nil {
		b.accessKeyID, b.secret = *x.AccessKeyId, *x.RawSecretAccessKey
	}
	return b.ownedBy(c.region.account), disconnected, b.checkService()
}

// set replaces a field by a member of an input that is present.
func set(field, member *string) {
	if member != nil {
		*field = *member
	}
}

func (b proxyBacking) clash(other backing) error {
	o, ok := other.(proxyBacking)
	switch {
	case !ok:
		return nil
	case o.endpoint == b.endpoint && o.path == b.path:
		return &types.XksProxyUriInUseException{
			Message: new("The URI " + b.endpoint + b.path + " is already associated with an external key store."),
		}
	case o.endpoint == b.endpoint && (o.private() || b.private()):
		return &types.XksProxyUriEndpointInUseException{
			Message: new("The URI endpoint " + b.endpoint + " is already associated with an external key store."),
		}
	case b.private() && o.service == b.service:
		return &types.XksProxyVpcEndpointServiceInUseException{
			Message: new("The VPC endpoint service " + b.service + " is already associated with an external key store."),
		}
	default:
		return nil
	}
}

// proxy returns the proxy that KMS finds, or what keeps it from there.
func (b proxyBacking) proxy(w *world) (XKSProxy, types.ConnectionErrorCodeType) {
	connected := filter(w.proxies, func(p XKSProxy) bool { return p.VPCEndpointServiceName == b.service })
	if b.private() && len(connected) == 0 {
		return XKSProxy{}, types.ConnectionErrorCodeTypeXksVpcEndpointServiceNotFound
	}
	named := filter(connected, func(p XKSProxy) bool { return p.URIEndpoint == b.endpoint })
	switch {
	case b.private() && len(named) == 0:
		return XKSProxy{}, types.ConnectionErrorCodeTypeXksVpcEndpointServiceInvalidConfiguration
	case len(named) == 0:
		return XKSProxy{}, types.ConnectionErrorCodeTypeXksProxyNotReachable
	}
	i := slices.IndexFunc(named, func(p XKSProxy) bool { return p.URIPath == b.path })
	switch {
	case i < 0:
		return XKSProxy{}, types.ConnectionErrorCodeTypeXksProxyInvalidConfiguration
	case named[i].Fault != "":
		return XKSProxy{}, named[i].Fault
	case named[i].AccessKeyID != b.accessKeyID || named[i].RawSecretAccessKey != b.secret:
		return XKSProxy{}, types.ConnectionErrorCodeTypeInvalidCredentials
	default:
		return named[i], ""
	}
}

func filter[T any](list []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !keep(x) })
}

func (b proxyBacking) fault(w *world) types.ConnectionErrorCodeType {
	_, fault := b.proxy(w)
	return fault
}

// check does what KMS does on being told of a proxy: it sends a request to a
// public endpoint, and looks at a VPC endpoint service.
func (b proxyBacking) check(w *world) error {
	fault := b.fault(w)
	why := new(proxyFault(fault))
	switch fault {
	case types.ConnectionErrorCodeTypeXksVpcEndpointServiceNotFound:
		return &types.XksProxyVpcEndpointServiceNotFoundException{Message: why}
	case types.ConnectionErrorCodeTypeXksVpcEndpointServiceInvalidConfiguration:
		return &types.XksProxyVpcEndpointServiceInvalidConfigurationException{Message: why}
	}
	if b.private() {
		return nil
	}
	switch fault {
	case "", types.ConnectionErrorCodeTypeXksProxyAccessDenied: // to keys, not to the proxy
		return nil
	case types.ConnectionErrorCodeTypeInvalidCredentials:
		return &types.XksProxyIncorrectAuthenticationCredentialException{Message: why}
	case types.ConnectionErrorCodeTypeXksProxyInvalidConfiguration, types.ConnectionErrorCodeTypeXksProxyInvalidTlsConfiguration:
		return &types.XksProxyInvalidConfigurationException{Message: why}
	case types.ConnectionErrorCodeTypeXksProxyInvalidResponse:
		return &types.XksProxyInvalidResponseException{Message: why}
	default:
		return &types.XksProxyUriUnreachableException{Message: why}
	}
}

func (b proxyBacking) checkConnection(*world) error { return nil }

func (b proxyBacking) checkKey(w *world, externalID string) error {
	p, fault := b.proxy(w)
	if fault != "" {
		return keyStoreUnusable(proxyFault(fault))
	}
	switch status := p.Keys[externalID]; status {
	case usableExternalKey:
		return nil
	case "":
		return &types.XksKeyNotFoundException{Message: new(noExternalKey)}
	default:
		return &types.XksKeyInvalidConfigurationException{
			Message: new("The status of the external key must be ENABLED. The status of specified external key is " + status + "."),
		}
	}
}

func (b proxyBacking) outage(w *world, externalID string) string {
	p, fault := b.proxy(w)
	if fault != "" {
		return proxyFault(fault)
	}
	switch p.Keys[externalID] {
	case usableExternalKey:
		return ""
	case "":
		return noExternalKey
	default:
		return "The external key store proxy rejected the request because the external key is not enabled in the external key manager."
	}
}

const (
	usableExternalKey = "ENABLED"
	noExternalKey     = "The external key store proxy rejected the request because it could not find the external key."
	spoiltCiphertext  = "The external key store proxy rejected the request because the specified ciphertext or additional authenticated data " +
		"is corrupted, missing, or otherwise invalid."
)

// proxyFault returns what KMS says of a fault.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/xks-troubleshooting.html
func proxyFault(code types.ConnectionErrorCodeType) string {
	switch code {
	case types.ConnectionErrorCodeTypeInvalidCredentials:
		return "The external key store proxy rejected the request because it could not authenticate AWS KMS. " +
			"Verify the credentials for your external key store and update if necessary."
	case types.ConnectionErrorCodeTypeXksProxyAccessDenied:
		return "The external key store proxy denied access to the operation. " +
			"Verify that the user and the external key are both authorized for this operation, and try the request again."
	case types.ConnectionErrorCodeTypeXksProxyInvalidConfiguration:
		return "The external key store proxy rejected the request because of an invalid URI path. " +
			"Verify the URI path for your external key store and update if necessary."
	case types.ConnectionErrorCodeTypeXksProxyInvalidTlsConfiguration:
		return "AWS KMS cannot establish a TLS connection to the external key store proxy. " +
			"Verify the TLS configuration, including its certificate."
	case types.ConnectionErrorCodeTypeXksProxyInvalidResponse:
		return "AWS KMS cannot interpret the response from the external key store proxy. " +
			"If you see this error repeatedly, consult your external key store proxy administrator."
	case types.ConnectionErrorCodeTypeXksProxyTimedOut:
		return "AWS KMS rejected the request because the external key store proxy did not respond in time. " +
			"Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator."
	case types.ConnectionErrorCodeTypeXksVpcEndpointServiceNotFound:
		return "AWS KMS could not find the VPC endpoint service."
	case types.ConnectionErrorCodeTypeXksVpcEndpointServiceInvalidConfiguration:
		return "The private DNS name of the VPC endpoint service does not match the URI endpoint of the external key store proxy."
	default:
		return "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. " +
			"If you see this error repeatedly, verify that your external key store proxy is active and is connected to the network, " +
			"and that its endpoint URI is correct in your external key store."
	}
}
