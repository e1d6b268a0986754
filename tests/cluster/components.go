// The parts of a Kubernetes control plane, each as one entry point of this
// binary. What runs them together is in supervisor.go.

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
)

// components maps a subcommand to the part that it runs. Each reads os.Args
// with the subcommand removed and returns the exit code.
var components = map[string]func() int{
	"etcd":                    runEtcd,
	"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() int { return cli.Run(controllermanager.NewControllerManagerCommand()) },
	"kube-scheduler":          func() int { return cli.Run(scheduler.NewSchedulerCommand()) },
	"kwok":                    runKwok,
}

// componentNames lists the subcommands of components in alphabetical order.
func componentNames() string {
	names := make([]string, 0, len(components))
	for name := range components {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func runEtcd() int {
	etcdmain.Main(os.Args)
	return 0
}

// runKwok runs the controller that plays the nodes and their kubelets.
func runKwok() int {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx := kwoklog.NewContext(context.Background(), kwoklog.NewLogger(os.Stderr, kwoklog.LevelInfo))
	ctx, _ = kwoklog.InitFlags(ctx, flags)
	ctx, err := kwokconfig.InitFlags(ctx, flags)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kwok:", err)
		return 1
	}
	command := kwok.NewCommand(ctx)
	// component-base registers a `version` flag that is not a boolean, on
	// which cobra would panic if the command had a version of its own.
	command.Version = ""
	command.PersistentFlags().AddFlagSet(flags)
	return runCommand(command, ctx)
}

func runCommand(command *cobra.Command, ctx context.Context) int {
	if err := command.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, command.Name()+":", err)
		return 1
	}
	return 0
}
