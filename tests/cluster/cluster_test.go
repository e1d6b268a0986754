package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func TestFreePortsAreDifferent(t *testing.T) {
	ports, err := freePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("%d was given twice", port)
		}
		seen[port] = true
	}
}

func TestKubeconfigTrustsTheServingCertificate(t *testing.T) {
	credentials, err := newCredentials()
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(credentials.kubeconfig("https://127.0.0.1:1", "admin", credentials.adminToken))
	if err != nil {
		t.Fatal(err)
	}
	if config.BearerToken != credentials.adminToken {
		t.Errorf("the kubeconfig does not hold the token of its user")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(config.CAData)
	block, _ := pem.Decode(credentials.certificate)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1"}); err != nil {
		t.Error(err)
	}
}

func TestOneSupervisorClaimsADirectory(t *testing.T) {
	dir, err := newDirectory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, err := dir.claim()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.claim(); err == nil {
		t.Error("a second claim was granted")
	}
	if pid, err := dir.supervisor(); pid != os.Getpid() || err != nil {
		t.Errorf("supervisor is %d, %v", pid, err)
	}
	first.Close()
	if pid, err := dir.supervisor(); pid != 0 || err != nil {
		t.Errorf("after its end the supervisor is %d, %v", pid, err)
	}
}
