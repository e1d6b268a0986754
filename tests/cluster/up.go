// The command `up`: the supervisor of one cluster, in the foreground or detached.

package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Starting takes about 10 s on an idle machine; the limit is for a busy one.
// The detaching process waits a little longer, so that the reason why a start
// failed comes from the one who knows it.
const (
	startDeadline  = 120 * time.Second
	detachDeadline = startDeadline + 10*time.Second
)

// errPortTaken says that another process took a port between the moment it
// was chosen and the moment the part listened on it. A new start may succeed.
var errPortTaken = errors.New("a chosen port was taken")

const startAttempts = 3

type upOptions struct {
	dir        string
	nodes      int
	parentPID  int
	withParent bool
	detach     bool
}

func up(arguments []string) error {
	var options upOptions
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	flags.StringVar(&options.dir, "dir", "", "keep the files of the cluster in this directory")
	flags.IntVar(&options.nodes, "nodes", 2, "make this many nodes")
	flags.IntVar(&options.parentPID, "parent-pid", 0, "end when the process of this id ends")
	flags.BoolVar(&options.withParent, "die-with-parent", false, "end when the process that started this one ends")
	flags.BoolVar(&options.detach, "detach", false, "return when the cluster is ready and leave it running")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	if options.withParent {
		options.parentPID = os.Getppid()
	}
	dir, err := newDirectory(options.dir)
	if err != nil {
		return err
	}
	if options.nodes < 0 {
		return errors.New("--nodes must not be negative")
	}
	if options.detach {
		if options.parentPID != 0 {
			return errors.New("--detach leaves the cluster running: it does not go with --parent-pid or --die-with-parent")
		}
		return detach(dir, options.nodes)
	}
	return run(dir, options)
}

// run is the supervisor: it starts the cluster and ends with it.
func run(dir directory, options upOptions) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if options.parentPID != 0 {
		if err := watchProcess(options.parentPID, end); err != nil {
			return err
		}
	}
	lock, err := dir.claim()
	if err != nil {
		return err
	}
	defer lock.Close()

	for attempt := 1; ; attempt++ {
		err := runOnce(ctx, dir, options.nodes)
		if !errors.Is(err, errPortTaken) || attempt == startAttempts {
			return err
		}
		fmt.Fprintln(os.Stderr, "tiphys-test-cluster:", err, "(starting again)")
	}
}

// runOnce starts the cluster on ports that are free now, says so when it is
// ready, and returns when a part has ended or ctx is over. Only the former is
// an error, unless ctx is over before the cluster is ready.
func runOnce(ctx context.Context, dir directory, nodes int) error {
	if err := dir.prepare(); err != nil {
		return err
	}
	plan, err := newPlan(dir)
	if err != nil {
		return err
	}
	parts := newParts(dir)
	defer parts.kill()

	starting, cancel := context.WithTimeoutCause(ctx, startDeadline,
		fmt.Errorf("the cluster was not ready after %s; its logs are in %s", startDeadline, dir.file("logs")))
	defer cancel()
	if err := start(starting, parts, plan, nodes); err != nil {
		return err
	}
	fmt.Println("ready", dir.adminKubeconfig())

	select {
	case ended := <-parts.ended:
		return ended
	case <-ctx.Done():
		return nil
	}
}

// start brings up one part after the other, each when those that it asks run.
func start(ctx context.Context, parts *parts, plan *plan, nodes int) error {
	if err := parts.start("etcd", plan.etcd()); err != nil {
		return err
	}
	if err := parts.await(ctx, func(ctx context.Context) error { return answers(ctx, plan.ports.etcdClient) }); err != nil {
		return err
	}
	if err := parts.start("kube-apiserver", plan.apiserver()); err != nil {
		return err
	}
	cluster, err := newCluster(plan)
	if err != nil {
		return err
	}
	if err := parts.await(ctx, cluster.apiserverReady); err != nil {
		return err
	}
	for component, flags := range map[string][]string{
		"kube-controller-manager": plan.controllerManager(),
		"kube-scheduler":          plan.scheduler(),
		"kwok":                    plan.kwok(),
	} {
		if err := parts.start(component, flags); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return cluster.seed(ctx, nodes) },
		cluster.defaultAccountExists,
		func(ctx context.Context) error { return cluster.nodesReady(ctx, nodes) },
	} {
		if err := parts.await(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// watchProcess cancels when the process of the id ends. A file descriptor of
// the process is watched, not its number, which another process may get.
// PR_SET_PDEATHSIG would not do here: it speaks of the thread that started this
// process, and a test runner's threads end before the runner does.
func watchProcess(pid int, end context.CancelCauseFunc) error {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("watch process %d: %w", pid, err)
	}
	go func() {
		for {
			ready, err := unix.Poll([]unix.PollFd{{Fd: int32(process), Events: unix.POLLIN}}, -1)
			if ready > 0 || (err != nil && !errors.Is(err, unix.EINTR)) {
				end(fmt.Errorf("process %d has ended", pid))
				return
			}
		}
	}()
	return nil
}

// detach runs `up` in a session of its own and returns when it says `ready`.
func detach(dir directory, nodes int) error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir.file("logs"), 0o700); err != nil {
		return err
	}
	log, err := os.Create(dir.log("supervisor"))
	if err != nil {
		return err
	}
	defer log.Close()
	supervisor := exec.Command(executable, "up", "--dir", string(dir), "--nodes", fmt.Sprint(nodes))
	supervisor.Stderr = log
	supervisor.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	output, err := supervisor.StdoutPipe()
	if err != nil {
		return err
	}
	if err := supervisor.Start(); err != nil {
		return err
	}

	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(output).ReadString('\n')
		lines <- line
	}()
	select {
	case line := <-lines:
		if line != "" {
			_, err := io.WriteString(os.Stdout, line)
			return err
		}
		supervisor.Wait()
		return fmt.Errorf("the cluster did not start:\n%s", strings.TrimSpace(lastLines(dir.log("supervisor"))))
	case <-time.After(detachDeadline):
		supervisor.Process.Kill()
		return fmt.Errorf("the cluster was not ready after %s; its logs are in %s", detachDeadline, dir.file("logs"))
	}
}
