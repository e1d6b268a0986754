// The directory of a cluster and the claim that its supervisor has on it.

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// directory is where one cluster keeps its files.
type directory string

// newDirectory names the directory of a cluster. It makes nothing.
func newDirectory(path string) (directory, error) {
	if path == "" {
		return "", errors.New("--dir is missing: name the directory of the cluster")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return directory(absolute), nil
}

func (d directory) file(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}

func (d directory) adminKubeconfig() string     { return d.file("admin.kubeconfig") }
func (d directory) limitedKubeconfig() string   { return d.file("limited.kubeconfig") }
func (d directory) log(component string) string { return d.file("logs", component+".log") }
func (d directory) pidFile() string             { return d.file("pid") }

// prepare empties the directory of what an earlier cluster left and makes what
// a new one needs. The caller holds the claim.
func (d directory) prepare() error {
	for _, stale := range []string{d.file("etcd"), d.file("certs"), d.adminKubeconfig(), d.limitedKubeconfig()} {
		if err := os.RemoveAll(stale); err != nil {
			return err
		}
	}
	for _, path := range []string{d.file("etcd"), d.file("certs"), d.file("logs")} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// claim writes the process id of the supervisor and holds a lock on the file
// for as long as the process lives. The lock, not the number, says that the
// supervisor runs: a process that has got the number since does not hold it.
func (d directory) claim() (*os.File, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(d.pidFile(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("a cluster runs in %s already: end it with `down --dir %s` or name another directory", d, d)
	}
	if err := file.Truncate(0); err != nil {
		file.Close()
		return nil, err
	}
	if _, err := fmt.Fprintln(file, os.Getpid()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// supervisor returns the process id of the supervisor that runs in the
// directory, or 0 when none does.
func (d directory) supervisor() (int, error) {
	file, err := os.Open(d.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err == nil {
		return 0, nil
	}
	text, err := os.ReadFile(d.pidFile())
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0, fmt.Errorf("%s does not hold a process id", d.pidFile())
	}
	return pid, nil
}
