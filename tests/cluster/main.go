// Command tiphys-test-cluster is a Kubernetes control plane in one binary, for
// tests: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok,
// each as a subcommand, and `up` and `down`, which run them as one cluster.
//
// It is not for anything but throw-away clusters on the loopback interface: its
// data is not synced to disk and its tokens lie beside it in plain text.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

const usage = `usage: tiphys-test-cluster COMMAND

  up --dir DIR      start a cluster that keeps its files in DIR, print
                    "ready DIR/admin.kubeconfig", and run until it is ended
  down --dir DIR    end the cluster of DIR
  request METHOD PATH [BODY]
                    send one request to the API of --kubeconfig
  floor FOLDER      apply the objects of a folder with bare PATCHes, print the
                    seconds that took
  PART ...          run one part of a control plane: %s
`

// The kernel ends the parts when the thread that started them ends. The main
// goroutine starts them and is bound to the main thread here, which lives as
// long as the process.
func init() {
	runtime.LockOSThread()
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintf(os.Stderr, usage, componentNames())
		os.Exit(2)
	}
	command, arguments := os.Args[1], os.Args[2:]
	if run, ok := components[command]; ok {
		os.Args = append(os.Args[:1], arguments...)
		os.Exit(run())
	}
	var err error
	switch command {
	case "up":
		err = up(arguments)
	case "down":
		err = down(arguments)
	case "request":
		err = request(arguments)
	case "floor":
		err = floor(arguments)
	case "help", "-h", "--help":
		fmt.Printf(usage, componentNames())
	default:
		fmt.Fprintf(os.Stderr, usage, componentNames())
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tiphys-test-cluster:", err)
		os.Exit(1)
	}
}

// parse reads flags and refuses what is left over.
func parse(flags *flag.FlagSet, arguments []string) error {
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no argument %q", flags.Name(), flags.Arg(0))
	}
	return nil
}
