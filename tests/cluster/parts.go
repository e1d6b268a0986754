// The processes of one cluster: starting them, waiting for them, ending them.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// parts are the running parts of one cluster. They end with this process,
// however that ends.
type parts struct {
	dir   directory
	ended chan error
	// running holds the process of each part that was started.
	running []*exec.Cmd
	// gone gets one value for each of running when the process is no more.
	gone chan struct{}
}

// As many parts as there are components, so that none waits to report its end.
func newParts(dir directory) *parts {
	return &parts{
		dir:   dir,
		ended: make(chan error, len(components)),
		gone:  make(chan struct{}, len(components)),
	}
}

// start runs this binary as one component. It must be called on the main
// goroutine: see init in main.go.
func (p *parts) start(component string, flags []string) error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(p.dir.log(component))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(executable, append([]string{component}, flags...)...)
	command.Dir = string(p.dir)
	// A home of its own keeps the user's configuration away, and no variable of
	// the caller gets through, such as one that names a proxy.
	command.Env = []string{"HOME=" + string(p.dir), "TMPDIR=" + os.TempDir()}
	command.Stdout = log
	command.Stderr = log
	// In a process group of its own the part does not get a terminal's Ctrl-C,
	// to which it would close slowly: this process ends it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", component, err)
	}
	p.running = append(p.running, command)
	go func() {
		err := command.Wait()
		p.gone <- struct{}{}
		p.ended <- p.explain(component, err)
	}()
	return nil
}

// kill ends all parts and returns when they are no more. Nothing here is worth
// an orderly end, and kube-apiserver waits for its watchers before it ends.
func (p *parts) kill() {
	for _, command := range p.running {
		command.Process.Kill()
	}
	for range p.running {
		<-p.gone
	}
}

// await tries until the step succeeds, a part ends or ctx is over.
func (p *parts) await(ctx context.Context, step func(context.Context) error) error {
	for {
		err := step(ctx)
		if err == nil {
			return nil
		}
		select {
		case ended := <-p.ended:
			return ended
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), fmt.Errorf("last attempt: %w", err))
		case <-time.After(5 * pollInterval):
		}
	}
}

// explain says why a part ended, with the end of its log.
func (p *parts) explain(component string, err error) error {
	reason := "exit status 0"
	if err != nil {
		reason = err.Error()
	}
	log := lastLines(p.dir.log(component))
	explained := fmt.Errorf("%s ended (%s); its log %s ends:\n%s", component, reason, p.dir.log(component), log)
	if strings.Contains(log, "address already in use") {
		return fmt.Errorf("%w: %w", errPortTaken, explained)
	}
	return explained
}

const (
	logLinesShown = 20
	logBytesRead  = 16 << 10
)

// lastLines returns the end of a log, or why it cannot be read.
func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	text = text[max(0, len(text)-logBytesRead):]
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-logLinesShown):], []byte("\n")))
}
