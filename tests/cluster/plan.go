// What the parts are started with: ports, flags and the files that they read.

package main

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
)

//go:embed kwok.yaml
var kwokConfiguration []byte

// plan is what the parts of one cluster are started with.
type plan struct {
	dir         directory
	ports       ports
	credentials *credentials
}

type ports struct {
	etcdClient, etcdPeer, apiserver int
}

// newPlan chooses ports and writes the files that the parts read.
func newPlan(dir directory) (*plan, error) {
	free, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	credentials, err := newCredentials()
	if err != nil {
		return nil, err
	}
	p := &plan{
		dir:         dir,
		ports:       ports{etcdClient: free[0], etcdPeer: free[1], apiserver: free[2]},
		credentials: credentials,
	}
	server := "https://" + address(p.ports.apiserver)
	for path, content := range map[string][]byte{
		dir.file("certs", "ca.crt"):        credentials.authority,
		dir.file("certs", "apiserver.crt"): credentials.certificate,
		dir.file("certs", "apiserver.key"): credentials.key,
		dir.file("certs", "accounts.key"):  credentials.accountsKey,
		dir.file("certs", "tokens.csv"):    credentials.tokenFile(),
		dir.adminKubeconfig():              credentials.kubeconfig(server, "admin", credentials.adminToken),
		dir.limitedKubeconfig():            credentials.kubeconfig(server, "limited", credentials.limitedToken),
		dir.file("scheduler.yaml"):         p.schedulerConfiguration(),
		dir.file("kwok.yaml"):              kwokConfiguration,
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) etcd() []string {
	client, peer := "http://"+address(p.ports.etcdClient), "http://"+address(p.ports.etcdPeer)
	return []string{
		"--data-dir=" + p.dir.file("etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

// The limits of requests in flight are far above the defaults: tests that run
// side by side must not slow each other down.
func (p *plan) apiserver() []string {
	return []string{
		"--etcd-servers=http://" + address(p.ports.etcdClient),
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(p.ports.apiserver),
		// Without an address to advertise it looks for a route, which a
		// sandbox may not have. Nothing connects to this one.
		"--advertise-address=192.0.2.1",
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=" + p.dir.file("certs", "apiserver.crt"),
		"--tls-private-key-file=" + p.dir.file("certs", "apiserver.key"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + p.dir.file("certs", "accounts.key"),
		"--service-account-signing-key-file=" + p.dir.file("certs", "accounts.key"),
		"--token-auth-file=" + p.dir.file("certs", "tokens.csv"),
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--service-cluster-ip-range=10.0.0.0/16",
		"--max-requests-inflight=2000",
		"--max-mutating-requests-inflight=1000",
	}
}

// A node that a busy machine keeps from renewing its lease stays ready.
func (p *plan) controllerManager() []string {
	return []string{
		"--kubeconfig=" + p.dir.adminKubeconfig(),
		"--leader-elect=false",
		"--secure-port=0",
		"--service-account-private-key-file=" + p.dir.file("certs", "accounts.key"),
		"--root-ca-file=" + p.dir.file("certs", "ca.crt"),
		"--use-service-account-credentials=false",
		"--node-monitor-grace-period=10m",
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
		"--concurrent-namespace-syncs=40",
		"--concurrent-deployment-syncs=20",
		"--concurrent-replicaset-syncs=20",
		"--concurrent-statefulset-syncs=20",
		"--concurrent-job-syncs=20",
		"--concurrent-serviceaccount-token-syncs=20",
	}
}

func (p *plan) scheduler() []string {
	return []string{"--config=" + p.dir.file("scheduler.yaml"), "--secure-port=0"}
}

func (p *plan) schedulerConfiguration() []byte {
	return fmt.Appendf(nil, `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection:
  kubeconfig: %q
  qps: 500
  burst: 1000
leaderElection:
  leaderElect: false
`, p.dir.adminKubeconfig())
}

// kwok sets no limit to its own requests.
func (p *plan) kwok() []string {
	return []string{"--kubeconfig=" + p.dir.adminKubeconfig(), "--config=" + p.dir.file("kwok.yaml")}
}

func address(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// answers reports whether something listens on the port.
func answers(ctx context.Context, port int) error {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address(port))
	if err != nil {
		return err
	}
	return connection.Close()
}

// Ports are taken below those that the kernel gives to outgoing connections
// (32768 and up by default): one of these could take a port while the part
// that shall listen on it starts.
const (
	lowestPort   = 20000
	highestPort  = 32000
	portAttempts = 500
)

// freePorts returns different ports of the loopback interface on which nothing
// listens. They are chosen at random, so that clusters that start at the same
// time hardly ever choose the same.
func freePorts(count int) ([]int, error) {
	var free []int
	for range portAttempts {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		listener, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		// Held until all are chosen, so that none is chosen twice.
		defer listener.Close()
		if free = append(free, port); len(free) == count {
			return free, nil
		}
	}
	return nil, fmt.Errorf("no %d free ports between %d and %d on 127.0.0.1", count, lowestPort, highestPort)
}
