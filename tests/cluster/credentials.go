// Certificates, tokens and kubeconfigs, made anew for each cluster.

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// credentials are what one cluster proves itself with and knows its users by.
// All but the tokens is PEM.
type credentials struct {
	authority   []byte
	certificate []byte
	key         []byte
	// accountsKey signs the tokens of service accounts.
	accountsKey  []byte
	adminToken   string
	limitedToken string
}

const certificateLifetime = 365 * 24 * time.Hour

func newCredentials() (*credentials, error) {
	authorityKey, err := newKey()
	if err != nil {
		return nil, err
	}
	serverKey, err := newKey()
	if err != nil {
		return nil, err
	}
	accountsKey, err := newKey()
	if err != nil {
		return nil, err
	}
	// A day back, for clocks that differ.
	begin := time.Now().Add(-24 * time.Hour)
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "tiphys-test-ca"},
		NotBefore:             begin,
		NotAfter:              begin.Add(certificateLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "tiphys-test"},
		NotBefore:    begin,
		NotAfter:     begin.Add(certificateLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:     []string{"localhost", "kubernetes.default.svc"},
	}
	c := &credentials{adminToken: rand.Text(), limitedToken: rand.Text()}
	if c.authority, err = sign(authority, authority, authorityKey, authorityKey); err != nil {
		return nil, err
	}
	if c.certificate, err = sign(server, authority, serverKey, authorityKey); err != nil {
		return nil, err
	}
	if c.key, err = encodeKey(serverKey); err != nil {
		return nil, err
	}
	if c.accountsKey, err = encodeKey(accountsKey); err != nil {
		return nil, err
	}
	return c, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func sign(certificate, issuer *x509.Certificate, key, issuerKey *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.CreateCertificate(rand.Reader, certificate, issuer, key.Public(), issuerKey)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

// tokenFile lists the users as kube-apiserver reads them: token, name, id and
// groups.
func (c *credentials) tokenFile() []byte {
	var file bytes.Buffer
	fmt.Fprintf(&file, "%s,admin,admin,\"system:masters\"\n", c.adminToken)
	fmt.Fprintf(&file, "%s,limited,limited\n", c.limitedToken)
	return file.Bytes()
}

func (c *credentials) kubeconfig(server, user, token string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: tiphys-test
contexts:
  - name: tiphys-test
    context:
      cluster: tiphys-test
      user: %[2]s
clusters:
  - name: tiphys-test
    cluster:
      server: %[1]s
      certificate-authority-data: %[3]s
users:
  - name: %[2]s
    user:
      token: %[4]s
`, server, user, base64.StdEncoding.EncodeToString(c.authority), token)
}
