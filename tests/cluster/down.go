// The command `down`.

package main

import (
	"errors"
	"flag"
	"fmt"
	"syscall"
	"time"
)

// How long a supervisor has to end by itself, and how long the kernel has to
// take it away after that on a busy machine.
const (
	terminationGrace = time.Second
	killDeadline     = 10 * time.Second
	pollInterval     = 20 * time.Millisecond
)

// down ends the cluster of a directory. It is no error when none runs there.
func down(arguments []string) error {
	flags := flag.NewFlagSet("down", flag.ExitOnError)
	path := flags.String("dir", "", "the directory of the cluster")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	dir, err := newDirectory(*path)
	if err != nil {
		return err
	}
	pid, err := dir.supervisor()
	if err != nil || pid == 0 {
		return err
	}
	if err := send(pid, syscall.SIGTERM); err != nil {
		return err
	}
	if dir.endsWithin(terminationGrace) {
		return nil
	}
	if err := send(pid, syscall.SIGKILL); err != nil {
		return err
	}
	if !dir.endsWithin(killDeadline) {
		return fmt.Errorf("process %d of the cluster in %s does not end", pid, dir)
	}
	return nil
}

// endsWithin reports whether the supervisor of the directory has ended before
// the time is over.
func (d directory) endsWithin(limit time.Duration) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if pid, err := d.supervisor(); err == nil && pid == 0 {
			return true
		}
	}
	return false
}

// send sends a signal; a process that has ended meanwhile is no error.
func send(pid int, number syscall.Signal) error {
	if err := syscall.Kill(pid, number); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return nil
}
